"""Writes the images beside it with Pillow, and what Pillow makes of them: python3 make.py"""
import hashlib, json, os
from PIL import Image, ImageOps

here = os.path.dirname(os.path.abspath(__file__))
at = lambda name: os.path.join(here, name)
W, H = 37, 29
rgb = Image.new('RGB', (W, H))
rgb.putdata([((x * 7 + y * 3) % 256, (x * x + 5 * y) % 256, (y * 9 + x // 5 * 40) % 256) for y in range(H) for x in range(W)])
alpha = Image.new('L', (W, H))
alpha.putdata([(x * 6 + y) % 256 for y in range(H) for x in range(W)])
rgba = rgb.copy(); rgba.putalpha(alpha)
rgb.save(at('rgb.png')); rgba.save(at('rgba.png')); rgb.convert('L').save(at('grey.png')); rgb.convert('1').save(at('bits.png'))
rgb.quantize(64).save(at('palette.png')); rgb.quantize(8).save(at('palette4.png'), bits=4)
rgb.save(at('colour.jpg'), quality=90); rgb.save(at('progressive.jpg'), quality=75, progressive=True); rgb.convert('L').save(at('grey.jpg')); rgb.save(at('full.jpg'), quality=95, subsampling=0)
rgb.convert('CMYK').save(at('cmyk.jpg'))
for turn in range(2, 9):
    exif = Image.Exif(); exif[0x0112] = turn
    rgb.save(at(f'turn{turn}.jpg'), quality=60, exif=exif)

sha = lambda image: hashlib.sha256(image.convert('RGB').tobytes()).hexdigest()[:16]
def on_white(image):
    clear = image.convert('RGBA')
    white = Image.new('RGB', image.size, 'white')
    white.paste(clear.convert('RGB'), mask=clear.getchannel('A'))
    return white
def centre(image, side, size):  # torchvision.transforms: Resize(side), CenterCrop(size)
    w, h = image.size
    long = int(side * max(w, h) / min(w, h))
    image = image.resize((side, long) if w <= h else (long, side), Image.BILINEAR)
    left, top = int(round((image.size[0] - size) / 2.0)), int(round((image.size[1] - size) / 2.0))
    return image.crop((left, top, left + size, top + size))
known = {}
for name in sorted(os.listdir(here)):
    if name.endswith(('.png', '.jpg')) and name != 'cmyk.jpg':
        image = on_white(ImageOps.exif_transpose(Image.open(at(name))))
        known[name] = {'size': image.size, 'rgb': sha(image), 'shrunk': sha(image.resize((11, 17), Image.BILINEAR)), 'grown': sha(image.resize((90, 31), Image.BILINEAR)), 'centre': sha(centre(image, 20, 16)),
                       'luma': hashlib.sha256(image.convert('L').resize(image.size).tobytes()).hexdigest()[:16]}
json.dump(known, open(at('pillow.json'), 'w'), indent=1)
