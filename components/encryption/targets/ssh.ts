import type { OpenTarget, SshArgs } from "./target";

export class SshTarget implements OpenTarget {
  readonly name: string;

  constructor(args: SshArgs, _reload?: readonly string[]) {
    this.name = `ssh ${args.host}:${args.path}`;
  }

  read(): Promise<string> {
    throw new Error("not there yet");
  }
  write(_text: string): Promise<void> {
    throw new Error("not there yet");
  }
  tidy(): Promise<void> {
    throw new Error("not there yet");
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
