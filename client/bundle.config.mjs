// The client as one file, once as an ES module and once as CommonJS: quicker to import than its forty
// modules (docs/decisions/client.md). What is loaded only when it is needed stays apart.

const common = { input: 'client/index.ts', platform: 'node', external: ['redis-parser'] };

export default [
  { ...common, output: { dir: 'dist/client', format: 'esm', chunkFileNames: 'part-[name].js' } },
  { ...common, output: { dir: 'dist/cjs/client', format: 'cjs', chunkFileNames: 'part-[name].js' } },
];
