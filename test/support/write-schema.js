// Writes the JSON Schema that ships with the product, from the parser's own schema: npm run schema.

import { writeFileSync } from "node:fs";
import { jsonSchema } from "../../build/src/core/config/schema.js";

const file = new URL("../../config/knockd.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(jsonSchema(), null, 2)}\n`);
