/** What the extension is set to. What the server is set to passes through it as it is. */

/** The settings that say which server runs; it is started again when one of them changes. */
export const DECIDING = ["enable", "importStrategy", "interpreter", "path"] as const;

export interface Settings {
  enable: boolean;
  importStrategy: "useBundled" | "fromEnvironment";
  /** A Python and its arguments, or nothing, to look for one. */
  interpreter: string[];
  /** A server and its arguments, or nothing, to start the bundled one or that of the environment. */
  path: string[];
}

export interface Places {
  home: string;
  /** The first folder of the workspace, if there is one. */
  folder: string | undefined;
}

export function settingsOf(get: <T>(name: string, otherwise: T) => T, places: Places): Settings {
  return {
    enable: get("enable", true),
    importStrategy: get<Settings["importStrategy"]>("importStrategy", "useBundled"),
    interpreter: get<string[]>("interpreter", []).map((part) => expanded(part, places)),
    path: get<string[]>("path", []).map((part) => expanded(part, places)),
  };
}

function expanded(part: string, { home, folder }: Places): string {
  const text = part.replace(/^~(?=$|[\\/])/, () => home).replaceAll("${userHome}", () => home);
  return folder === undefined ? text : text.replaceAll("${workspaceFolder}", () => folder);
}

/** The server's settings for a folder, with the environment that was selected for it, unless the settings name one. */
export function withEnvironment(settings: unknown, environment: string | undefined): unknown {
  if (environment === undefined || typeof settings !== "object" || settings === null) {
    return settings;
  }
  const { environment: own } = settings as { environment?: string | null };
  return { ...settings, environment: own ?? environment };
}

export interface Property {
  markdownDescription: string;
  type: string | string[];
  items?: { enum?: string[]; enumDescriptions?: string[] };
}

/** A settings file in which everything is still a comment. */
export function newConfiguration(properties: Record<string, Property>, header: string): string {
  const entries = Object.entries(properties).map(([name, { markdownDescription, type }]) => {
    const example = { array: "[]", boolean: "false", object: "{}", string: '""' }[[type].flat()[0] ?? ""];
    return `# ${markdownDescription}\n# ${name.replace(/^apitfall\./, "")} = ${example}\n`;
  });
  return header + entries.join("\n");
}

/** Whether the text of a pyproject.toml has settings of apitfall. */
export function isConfigured(pyproject: string): boolean {
  return /^\s*\[\s*tool\s*\.\s*apitfall\s*[.\]]/m.test(pyproject);
}

export interface RuleItem {
  label: string;
  detail: string;
}

/** The rules, with the first sentence of their pages. */
export function rulesOf(properties: Record<string, Property>): RuleItem[] {
  const { enum: names = [], enumDescriptions = [] } = properties["apitfall.select"]?.items ?? {};
  return names.map((label, number) => ({ label, detail: enumDescriptions[number] ?? "" }));
}
