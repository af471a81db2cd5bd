/** A point the pen passes: a smooth bend, or with `corner` a sharp one. */
export interface Knot {
  readonly x: number;
  readonly y: number;
  readonly corner: boolean;
}

/** One way of writing a digit: strokes in writing order, each from pen down to pen up. */
export interface Form {
  /** How often it is drawn, relative to the digit's other forms. */
  readonly share: number;
  readonly strokes: readonly (readonly Knot[])[];
}

/** Reads "x,y x,y! x,y | x,y x,y": x to the right and y down in hundredths of the height, ! a corner, | a lifted pen. */
function form(share: number, path: string): Form {
  const strokes = path.split('|').map((stroke) => stroke.trim().split(/\s+/).map((knot) => {
    const [x, y] = knot.replace('!', '').split(',').map(Number);
    return { x: x!, y: y!, corner: knot.endsWith('!') };
  }));
  return { share, strokes };
}

/** The forms of each digit, as people write them. Pose, proportions and pen vary on top of this, in hand.ts and pen.ts. */
export const forms: readonly (readonly Form[])[] = [
  [ // 0
    form(6, '54,0 20,18 10,55 28,92 60,96 88,62 84,20 50,0'), // oval from the top
    form(2, '70,12 46,0 12,32 14,76 48,100 86,72 84,22 54,2 36,10'), // the end curls inside
    form(2, '42,4 14,30 14,74 46,100 84,74 86,26 62,4'), // open at the top
    form(2, '70,6 40,4 10,46 20,92 58,96 88,52 80,12 60,2'), // from the right shoulder
    form(1, '78,16 48,0 14,28 14,74 48,100 84,72 86,38'), // open at the right
  ],
  [ // 1
    form(8, '50,0 50,50 50,100'), // plain stroke
    form(2, '54,0 48,45 51,100'), // bent stroke
    form(3, '30,24 52,0! 52,100'), // short flag
    form(1, '18,42 54,0! 54,100'), // long flag
    form(1, '28,22 52,0! 52,100 | 22,100 82,99'), // flag and base
  ],
  [ // 2
    form(4, '10,26 40,0 74,26 44,70 8,98! 92,96'), // straight base
    form(4, '12,24 44,0 72,24 34,84 10,90 20,76 58,92 92,92'), // loop at the foot
    form(2, '10,24 42,0 74,24 12,96! 36,88 62,97 94,88'), // wavy base
    form(2, '18,10 50,0 76,22 10,97! 88,97'), // almost a Z
    form(2, '24,16 46,0 66,22 44,64 14,98! 66,97'), // narrow, short base
  ],
  [ // 3
    form(5, '14,12 46,0 72,22 34,48! 80,72 50,100 10,88'), // round
    form(2, '14,4 78,3! 42,42! 82,70 50,99 10,88'), // flat top
    form(2, '14,14 46,0 74,20 38,48 46,42 82,72 50,100 10,88'), // loop at the waist
    form(3, '12,14 46,0 72,22 52,46! 80,72 46,100 8,88'), // shallow waist
    form(2, '16,8 48,0 76,16 44,42! 72,70 22,100'), // small belly, straight end
  ],
  [ // 4
    form(4, '24,0 10,55! 88,52 | 68,14 64,100'), // open
    form(3, '16,4 12,42 34,56 74,44 | 78,0 72,50 64,100'), // open and round
    form(3, '66,0 8,65! 94,65 | 66,0 66,100'), // closed, upright lifted
    form(2, '92,62 10,62! 64,0! 62,100'), // closed in one stroke
    form(2, '42,0 8,58! 90,54 | 58,30 52,100'), // short upright
    form(2, '18,0 14,50! 74,46! 78,2! 66,100'), // open in one stroke
    form(2, '36,0 6,76! 90,72 | 76,18 58,100'), // low bar
  ],
  [ // 5
    form(4, '22,4 18,45! 52,38 82,66 54,98 10,92 | 22,4 86,3'), // cap last
    form(3, '84,3 26,4! 18,44! 54,40 80,68 52,99 10,90'), // one stroke
    form(2, '80,5 36,8 22,36 78,70 46,100 10,92'), // like an S
    form(2, '28,12 20,48! 56,44 76,72 48,99 12,92 | 32,6 86,0'), // cap apart
    form(2, '90,2 34,6! 20,36! 62,68 20,100'), // small belly, straight end
  ],
  [ // 6
    form(5, '66,0 26,34 10,70 40,100 74,76 46,54 14,76'), // round
    form(3, '46,0 18,38 12,74 42,100 76,78 48,56 16,76'), // straight stem
    form(2, '70,0 26,40 14,76 40,100 66,80 44,66 16,84'), // small bowl
    form(1, '72,6 54,2 14,56 42,100 76,76 48,54 16,72'), // hooked top
  ],
  [ // 7
    form(6, '10,6 85,4! 44,99'), // plain
    form(3, '10,6 85,4! 44,99 | 28,52 78,48'), // bar
    form(2, '12,22 12,5! 85,4! 45,99'), // serif
    form(2, '10,10 58,3 82,10 62,48 48,100'), // round corner
    form(2, '8,12 30,3 56,9 85,3! 58,46 48,99'), // wavy top
    form(2, '8,14 30,4 56,8 85,3! 50,99 | 26,56 80,46'), // wavy top and bar
  ],
  [ // 8
    form(5, '72,14 48,0 22,20 46,46 76,72 48,100 16,76 44,48 72,22 62,4'), // one stroke from the top
    form(2, '50,0 22,22 50,46 78,22 50,0 | 50,46 16,74 50,100 84,74 50,46'), // two rings
    form(2, '82,8 48,0 22,22 48,46 76,74 46,100 18,76 48,48 84,10'), // ends at the top right
    form(2, '48,46 20,24 50,0 76,22 48,48 18,76 48,100 80,74 50,46'), // from the waist
  ],
  [ // 9
    form(4, '76,12 44,1 14,28 40,50 72,32 77,12! 74,100'), // straight stem
    form(3, '76,14 44,0 14,26 38,50 74,28 78,10! 78,56 56,92 16,96'), // curved tail
    form(3, '78,8 42,0 12,28 36,50 70,32 79,6! 66,100'), // slanting stem
    form(1, '60,4 20,12 18,44 54,44 80,8! 72,100'), // bowl open at the top
    form(2, '72,10 42,0 14,24 40,44 72,24 76,12! 78,60 62,98 14,94'), // hooked tail
  ],
];
