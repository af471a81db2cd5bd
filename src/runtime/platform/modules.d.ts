/** The base build as edge platforms import it: compiled. */
declare module '#wasm/simd.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '#wasm/simd.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}
