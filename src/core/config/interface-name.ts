// Whether a word can be the name of an interface, and what was probably meant where it cannot.

/** Kernel limit (IFNAMSIZ, with its final zero). */
const BYTES_MAX = 15;
/** What the kernel allows in a name, without what stands around one by mistake. */
export const INTERFACE_NAME = /^[^\s/:,;"'“”‘’„«»@*+$`{}%]{1,15}$/u;
export const ANY_INTERFACE = "any";

/** Undefined: it can be one. A sentence without the word itself. */
export function interfaceNameProblem(text: string): string | undefined {
  const label = labelOf(text);
  if (label !== undefined)
    return `an address label is no interface: expected ${label}, and the label's address as target of the doors`;
  if (/^(all|\*)$|^any$/i.test(text) && text !== ANY_INTERFACE)
    return `expected a name such as eth0, did you mean any?`;
  if (/[$`{}%]/.test(text)) return "expected a name such as eth0: a variable that nothing has filled in";
  if (/["'“”‘’„«»]/u.test(text)) return "expected an interface name without quotes in it";
  if (/[,;]/.test(text) || /\S\s+\S/.test(text)) return "expected one name, or a list such as [eth0, eth1]";
  const [, name] = /^([^@]+)@/.exec(text) ?? [];
  if (name !== undefined) return `expected ${name}: what stands behind @ is its peer's, not part of the name`;
  if (/[*+]/.test(text)) return "expected a whole name such as eth0: there are no wildcards";
  const isName = INTERFACE_NAME.test(text) && !/^\.{1,2}$/.test(text) && byteLength(text) <= BYTES_MAX;
  return isName ? undefined : `expected an interface name of 1 to ${BYTES_MAX} characters, without blanks or slashes`;
}

/** `eth0:1` is what ifconfig calls an address of eth0: the interface in it. */
export function labelOf(text: string): string | undefined {
  return /^([^\s/:]{1,15}):[^\s/:]+$/.exec(text)?.[1];
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
