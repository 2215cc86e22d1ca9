// npm run generate: writes the client's methods anew, from the command table.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '../../client/generate.ts';
import { projectRoot } from '../oracle/cache.ts';

writeFileSync(join(projectRoot, 'client', 'commands.generated.ts'), generate());
