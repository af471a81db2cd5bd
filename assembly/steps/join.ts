// Records of: what joins branches and parts them again.

/** y = x + z, images · length elements; z none: a copy. y may be x or z. */
@unmanaged export class AddStep {
  op: i32;
  x: usize; z: usize; y: usize;
  length: i32;
}

/** y[row, yFrom + j] (+)= x[row, xFrom + j] for images · rows rows and j < columns; a row of x has xRow elements, one of y has yRow.
 *  x none: zeros. A concat copies every branch into its columns of y, its backward copies them back. */
@unmanaged export class CopyColumnsStep {
  op: i32;
  x: usize; y: usize;
  rows: i32; columns: i32; xRow: i32; xFrom: i32; yRow: i32; yFrom: i32; accumulate: i32;
}
