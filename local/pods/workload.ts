export interface PodSpec {
  containers: Container[];
  volumes?: Volume[];
}

export interface Container {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string }[];
  ports?: { containerPort: number }[];
  volumeMounts?: { name: string; mountPath: string }[];
  readinessProbe?: { httpGet?: { path: string; port: number | string } };
}

export interface Volume {
  name: string;
  configMap?: { name: string };
  secret?: { secretName: string };
}

/** What a process needs to be this container: mounts are folders elsewhere, and its port is one that is free. */
export interface Start {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A container as a process: a path below a mount becomes the folder's, the container's port becomes the free one, and `node`
 * becomes this Node.
 *
 * @throws Error for what only a container can do
 */
export function processOf(container: Container, mounts: ReadonlyMap<string, string>, port: number): Start {
  const own = container.ports?.[0]?.containerPort;
  const placed = (text: string): string => {
    for (const [path, folder] of mounts)
      if (text === path || text.startsWith(`${path}/`)) return folder + text.slice(path.length);
    return text === String(own) ? String(port) : text;
  };
  const [program, ...rest] = [...(container.command ?? []), ...(container.args ?? [])];
  if (program === undefined) throw new Error("the container has no command; expected one: this runner has no images");
  const environment = Object.fromEntries((container.env ?? []).map(({ name, value = "" }) => [name, placed(value)]));
  return { command: [program === "node" ? process.execPath : placed(program), ...rest.map(placed)], environment };
}
