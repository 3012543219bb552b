// Draws the life of a referral from its table: docs/images/lifecycle.svg and docs/lifecycle.md.
import { writeFile } from 'node:fs/promises';
import { lifecyclePicture } from './lifecycle-draw.ts';
import { lifecyclePage } from './lifecycle-page.ts';

const docs = new URL('../docs/', import.meta.url);
await writeFile(new URL('images/lifecycle.svg', docs), lifecyclePicture());
await writeFile(new URL('lifecycle.md', docs), lifecyclePage());
