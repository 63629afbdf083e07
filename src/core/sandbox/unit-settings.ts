// The text of a unit and its drop-ins -> its settings as systemd adds them up (systemd.syntax(7), systemd.exec(5)).

/** By key, the values that are in force, in order; an empty assignment has dropped those before it. */
export type UnitSettings = ReadonlyMap<string, readonly string[]>;

export function readUnit(texts: readonly string[]): UnitSettings {
  const settings = new Map<string, string[]>();
  for (const [, key = "", value = ""] of texts.join("\n").matchAll(/^([A-Za-z]+)=(.*)$/gm)) {
    const trimmed = value.trim();
    settings.set(key, trimmed === "" ? [] : [...(settings.get(key) ?? []), trimmed]);
  }
  return settings;
}

/** Of a key that holds one value, where the last counts. */
export function lastOf(unit: UnitSettings, key: string): string | undefined {
  return unit.get(key)?.at(-1);
}

export function wordsOf(unit: UnitSettings, key: string): string[] {
  return (unit.get(key) ?? []).flatMap((value) => value.split(/\s+/));
}

/** Whether a list of what is allowed holds this; `~` before names takes them out, and alone stands for all. */
export function allows(unit: UnitSettings, key: string, name: string): boolean {
  const values = unit.get(key);
  if (values === undefined) return true;
  return values.reduce((allowed, value) => {
    const names = value.replace(/^~/, "").trim().split(/\s+/);
    if (!value.startsWith("~")) return allowed || names.includes(name);
    return names.join("") === "" || (allowed && !names.includes(name));
  }, values[0]?.startsWith("~") === true);
}

export function isYes(value: string | undefined): boolean {
  return /^(yes|true|on|1|y|t)$/i.test(value ?? "");
}
