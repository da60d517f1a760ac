import { setTimeout as sleep } from "node:timers/promises";
import type { LocalApiServer } from "../local/cluster/apiServer";
import { limitRequests } from "../local/cluster/requestLimit";
import { startSlowAdmission } from "./admission";
import { setNoSpace } from "./etcdAlarm";
import type { FaultName } from "./faults";
import type { PlannedFault } from "./plan";
import { kill, type Program } from "./program";
import { DEFINITION } from "./rollout";
import { heldMs } from "./settings";
import type { World } from "./world";

/** How long between two requests that a fault has held up. */
const BURST_MS = 300;
/** Past every lock, every token and every time-out. */
const CLOCK_MOVES_MS = 2 * 3_600_000;
/** A run that does not get to its flip is held up no longer. */
const LONGEST_TO_FLIP_MS = 60_000;

interface Scene extends PlannedFault {
  readonly world: World;
  /** The one whose `up` is under way. */
  readonly program: Program;
  readonly apiServer: LocalApiServer;
}

/** Tries the fault; returns whether there was something to try it on. */
export async function act(world: World, program: Program, planned: PlannedFault): Promise<boolean> {
  const { apiServers } = world.cluster;
  const apiServer = apiServers[planned.server] ?? apiServers[0];
  return (await ACTS[planned.fault]({ ...planned, world, program, apiServer })) !== false;
}

const ACTS: Record<FaultName, (scene: Scene) => Promise<false | void>> = {
  "kill pulumi": ({ program }) => killOf(program, "pulumi"),
  "kill plugin": ({ program }) => killOf(program, "plugin"),
  "kill program": ({ program }) => killOf(program, "program"),
  "pause program": async ({ program, forMs }) => ((await program.pause(forMs)) ? undefined : false),
  "kill API server": ({ world, server, apiServer, forMs }) =>
    world.explained(server, async () => {
      await apiServer.kill();
      await sleep(forMs);
      await apiServer.start();
    }),
  "kill etcd": ({ world, forMs }) =>
    world.explained(undefined, async () => {
      await world.cluster.killEtcd();
      await sleep(forMs);
      await world.cluster.startEtcd();
    }),
  "kill controller-manager": async ({ world: { cluster }, forMs }) => {
    await cluster.killControllerManager();
    await sleep(forMs);
    cluster.startControllerManager();
  },
  "kill webhook": ({ world, forMs }) =>
    world.explained(undefined, async () => {
      await world.webhook?.kill();
      await sleep(forMs);
      await world.webhook?.startAgain();
    }),
  "pause API server": ({ world, server, apiServer, forMs }) =>
    world.explained(server, async () => {
      await apiServer.pause();
      await burst(world, [server], 8 * BURST_MS);
      await sleep(Math.max(0, forMs - 8 * BURST_MS));
      apiServer.resume();
    }),
  // A busy server may take longer than its own timeout, together with what is held up.
  "slow admission": ({ world, forMs }) =>
    world.explained(undefined, async () => {
      const { cluster, subject, moments, plan } = world;
      const isHeld = (name: string): boolean => /^(held|still)-/.test(name);
      const admission = await startSlowAdmission(cluster.client, subject, heldMs(plan), isHeld);
      const deadline = Date.now() + LONGEST_TO_FLIP_MS;
      const servers = [...cluster.apiServers.keys()];
      while (!moments.met.has("migrate") && Date.now() < deadline) await burst(world, servers, BURST_MS);
      await burst(world, servers, forMs);
      await admission.end();
    }),
  "etcd NOSPACE": ({ world, forMs }) =>
    world.explained(undefined, async () => {
      await setNoSpace(world.cluster.etcd, true);
      await sleep(forMs);
      await setNoSpace(world.cluster.etcd, false);
    }),
  "429 storm": async ({ world, forMs }) => {
    const storm = await limitRequests(world.cluster.client, "pipeline", 0);
    await sleep(forMs);
    await storm.end();
  },
  "CRD edited": async ({ world, server }) => {
    const labels = { "chaos.example.com/edited": `${server}` };
    const patch = { metadata: { labels }, spec: { names: { categories: ["chaos"] } } };
    await world.cluster.client.mergePatch(`${DEFINITION}?fieldManager=somebody`, patch);
  },
  "second program": async ({ world }) => {
    const other = await world.program(`other-${world.windows.length}-${Date.now()}`);
    other.configure(world.subject.args);
    const { code } = await other.up();
    if (code === 0) world.wrong.push("another stack did the same; expected it to be refused");
  },
  "clock forward": ({ program, forMs }) => moveClock(program, CLOCK_MOVES_MS, forMs),
  "clock back": ({ program, forMs }) => moveClock(program, -CLOCK_MOVES_MS, forMs),
  "target's disk full": async ({ world: { disk }, forMs }) => {
    if (disk === undefined) return false;
    disk.fill();
    await sleep(forMs);
    disk.free();
  },
  "server cut off from etcd": ({ world, server, apiServer, forMs }) =>
    world.explained(server, async () => {
      await apiServer.cutOff();
      await sleep(forMs);
      await apiServer.rejoin();
    }),
  // Clients have roads of their own to each server.
  "balancer cut": async ({ world: { cluster }, forMs }) => {
    await cluster.cutBalancer();
    await sleep(forMs);
    await cluster.restoreBalancer();
  },
};

function killOf(program: Program, which: "pulumi" | "plugin" | "program"): Promise<false | void> {
  const found = program.find(which);
  found.forEach(kill);
  return Promise.resolve(found.length > 0 ? undefined : false);
}

/** There, and after so long where it was. */
async function moveClock(program: Program, byMs: number, forMs: number): Promise<void> {
  program.moveClock(byMs);
  await sleep(forMs);
  program.moveClock(0);
}

/** Requests that the fault holds up, for so long: new objects, and objects that nobody has written since they are there. */
async function burst({ clients }: World, servers: readonly number[], forMs: number): Promise<void> {
  const until = Date.now() + forMs;
  for (let nth = 0; nth === 0 || Date.now() < until; nth++) {
    for (const server of servers) {
      const still = clients.heldObject();
      clients.apartFrom(server, (caller) => caller.create(`held-${clients.value()}`, clients.value()));
      clients.apartFrom(server, (caller) => caller.update(still, clients.value()));
    }
    await sleep(BURST_MS);
  }
}
