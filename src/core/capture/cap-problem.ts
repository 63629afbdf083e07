// Why cap does not load, in a line: Node.js takes five for a module of another Node.js, and one for each place where it looked.

const OTHER_NODE = /NODE_MODULE_VERSION (\d+)[\s\S]*?NODE_MODULE_VERSION (\d+)/;

/** Of what Node.js says of it. */
export function capProblem(said: string): string {
  const [, built, here] = OTHER_NODE.exec(said) ?? [];
  if (built !== undefined) return `it is built for another Node.js (modules of version ${built}, and not ${here})`;
  const [line = ""] = said.split("\n");
  return line;
}

export function isForOtherNode(said: string): boolean {
  return OTHER_NODE.test(said);
}
