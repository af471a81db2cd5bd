// A service on Cloudflare Workers that reads a handwritten digit: POST a PNG, or JSON { width, height, pixels } with grey pixels 0 to 255.
//   curl --data-binary @seven.png -H 'content-type: image/png' https://…/
import { compile, FormatError, OptionError } from 'convasm';
import { classify } from 'convasm/images';
import { lenet5 } from 'convasm/models';
import { lenet5Weights } from 'convasm/weights/lenet5';

const MOST_BYTES = 256 * 1024;
const MOST_PIXELS = 512 * 512;

/** One network for all requests of an isolate; predictions take turns. */
let network;
async function makeNetwork() {
  const net = await compile(lenet5(), { input: [1, 32, 32] });
  net.load(lenet5Weights());
  return net;
}

class Refused extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** The body, unless it is longer than it may be: what a header says is checked first, what comes is counted. A body somewhat too long is read to its end,
 *  because a client that is cut off while it sends may not hear why. */
async function bodyOf(request) {
  const tooLong = new Refused(413, `body: more than ${MOST_BYTES} bytes`);
  if (Number(request.headers.get('content-length')) > MOST_BYTES) throw tooLong;
  const parts = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length <= MOST_BYTES) parts.push(part);
    else if (length > 4 * MOST_BYTES) break;
  }
  if (length > MOST_BYTES) throw tooLong;
  if (length === 0) throw new Refused(400, 'body: empty, expected a picture');
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function fromJson(bytes) {
  let given;
  try {
    given = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Refused(400, 'body: no JSON');
  }
  const { width, height, pixels } = given ?? {};
  const right = [width, height].every((side) => Number.isInteger(side) && side > 0) && Array.isArray(pixels) && pixels.length === width * height && pixels.every((grey) => grey >= 0 && grey <= 255);
  if (!right) throw new Refused(400, 'body: expected { width, height, pixels } with width x height numbers from 0 to 255');
  return { width, height, data: pixels, channels: 1, max: 255 };
}

const READERS = { 'image/png': (bytes) => bytes, 'application/json': fromJson };

async function answer(request) {
  const { pathname } = new URL(request.url);
  if (pathname !== '/') throw new Refused(404, `${pathname}: not found, POST to /`);
  if (request.method !== 'POST') throw new Refused(405, `${request.method}: expected POST`, { allow: 'POST' });
  const type = (request.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase();
  const read = Object.hasOwn(READERS, type) ? READERS[type] : null;
  if (!read) throw new Refused(415, `content-type: ${type || 'none'}, expected ${Object.keys(READERS).join(' or ')}`, { accept: Object.keys(READERS).join(', ') });
  const picture = read(await bodyOf(request));
  const net = await (network ??= makeNetwork());
  const classes = await classify(net, picture, { top: 3, name: 'body', mostPixels: MOST_PIXELS });
  return Response.json({ class: classes[0].class, probability: classes[0].probability, classes, memoryBytes: net.memoryBytes });
}

/** What the caller did wrong, in words; what we did wrong stays in our log. */
function refusal(error) {
  if (error instanceof Refused) return Response.json({ error: error.message }, { status: error.status, headers: error.headers });
  if (error instanceof FormatError || error instanceof OptionError) return Response.json({ error: error.message }, { status: 422 });
  console.error(error);
  return Response.json({ error: 'internal error' }, { status: 500 });
}

export default { fetch: (request) => answer(request).catch(refusal) };
