import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/double/projects/vitest/*.ts'], testTimeout: 60_000 },
});
