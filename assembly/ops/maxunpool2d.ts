import { share } from "../slice";
import { MaxUnpool2dBackwardStep, MaxUnpool2dForwardStep } from "../steps";

// A dilated window that lies in the padding alone has no place: its argmax is outside the image.

/** y[n, argmax[n, i, c], c] = x[n, i, c], all else 0; of equal places the last one wins. Split over images and lines of 16 channels. */
export function maxUnpool2dForward(s: MaxUnpool2dForwardStep, live: i32, worker: i32, workers: i32): void {
  const lines = (s.c + 15) >> 4, last = share(live * lines, worker + 1, workers);
  for (let item = share(live * lines, worker, workers); item < last; item++) {
    const image = item / lines, first = (item - image * lines) << 4, count = min(16, s.c - first);
    const y = s.y + (<usize>(image * s.places * s.c + first) << 2);
    clearLine(y, s.c << 2, s.places, count);
    for (let i = 0; i < s.pixels; i++) {
      const at = <usize>((image * s.pixels + i) * s.c + first) << 2;
      putBack(s.x + at, s.argmax + at, y, s.c, count, s.places);
    }
  }
}

/** Zeros for `count` channels of `pixels` pixels that lie `pixel` bytes apart. */
function clearLine(y: usize, pixel: usize, pixels: i32, count: i32): void {
  const bytes = <usize>count << 2;
  if (bytes == pixel) memory.fill(y, 0, pixel * pixels);
  else for (let i = 0; i < pixels; i++, y += pixel) memory.fill(y, 0, bytes);
}

function putBack(x: usize, argmax: usize, y: usize, c: i32, count: i32, places: u32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 4, argmax += 4, y += 4) {
    const place = load<u32>(argmax);
    if (place < places) store<f32>(y + (<usize>(place * c) << 2), load<f32>(x));
  }
}

/** dx[n, i, c] (+)= dy[n, argmax[n, i, c], c]. Split over pixels of all images. */
export function maxUnpool2dBackward(s: MaxUnpool2dBackwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.pixels, worker + 1, workers);
  for (let row = share(live * s.pixels, worker, workers); row < last; row++) {
    const at = <usize>(row * s.c) << 2;
    fetch(s.dy + (<usize>(row / s.pixels * s.places * s.c) << 2), s.argmax + at, s.dx + at, s.c, s.places, s.accumulate);
  }
}

function fetch(dy: usize, argmax: usize, dx: usize, c: i32, places: u32, accumulate: i32): void {
  for (const end = dx + (<usize>c << 2); dx < end; dx += 4, argmax += 4, dy += 4) {
    const place = load<u32>(argmax), value: f32 = place < places ? load<f32>(dy + (<usize>(place * c) << 2)) : 0;
    store<f32>(dx, accumulate ? load<f32>(dx) + value : value);
  }
}
