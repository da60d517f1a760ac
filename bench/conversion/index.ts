import { parseExact } from "../../components/conversion";
import { jsonValueAsText, isJsonMap } from "../../components/conversion/jsonValue";
import { say } from "../../local/say";
import { row, type Row } from "../rows";
import { Client, load } from "./load";
import { reviewOf } from "./reviews";
import { controllerRuntime, makePlace, ours, startWebhook, type Place, type Program, type Webhook } from "./webhooks";

/** What the API server does: a page of a list is one call; while a watch cache fills each object is, one after the other or ten at once. */
const CASES = [
  { name: "page-500", objectsPerCall: 500, atOnce: 1, share: 10 },
  { name: "single", objectsPerCall: 1, atOnce: 1, share: 1 },
  { name: "single-10-at-once", objectsPerCall: 1, atOnce: 10, share: 1 },
] as const;
const WARM_UP_SECONDS = 5;
/** Reviews that are sent in turn. */
const DIFFERENT = { 500: 4, 1: 200 } as const;

type Case = (typeof CASES)[number];

/**
 * The same ConversionReviews by our webhook and by one of controller-runtime, over TLS with connections that stay open, in
 * turn: objects/s and p99 of a call; then their memory, size and time to start.
 *
 * @param options.objects of the single cases; ten times as many as pages
 */
export async function conversion({ runs, objects }: { runs: number; objects: number }): Promise<Row[]> {
  const place = await makePlace();
  const programs = [ours(place), await controllerRuntime(place)];
  const webhooks: Webhook[] = [];
  try {
    for (const program of programs) webhooks.push(await startWebhook(program, place));
    await sameAnswers(webhooks);
    const rows: Row[] = [];
    for (const each of CASES) rows.push(...(await caseRows(each, webhooks, runs, objects)));
    for (const webhook of webhooks) {
      rows.push(row(figure("memory", webhook.subject, "RSS after the load", "MiB"), [await webhook.memory()]));
    }
    for (const { subject, bytes } of programs) {
      rows.push(row(figure("size", subject, "bundle or binary", "KiB"), [bytes / 1024]));
    }
    return [...rows, ...(await startRows(programs, place, runs))];
  } finally {
    await Promise.all(webhooks.map((webhook) => webhook.end()));
  }
}

/** @throws Error unless both give the same objects, with every number as it was sent */
async function sameAnswers(webhooks: readonly Webhook[]): Promise<void> {
  const review = reviewOf(0, 500);
  const answers = new Map<string, string>();
  for (const webhook of webhooks) {
    const client = new Client(webhook, 1);
    answers.set(webhook.subject, jsonValueAsText(objectsOf(await client.convert(review))));
    client.close();
  }
  const [first, ...others] = [...answers];
  const exact = first?.[1].split("9007199254740993").length === 501;
  if (!exact || others.some(([, found]) => found !== first?.[1])) {
    throw new Error(
      `the answers of ${[...answers.keys()].join(" and ")} differ, or have lost a number; expected equal ones`,
    );
  }
  say(`${[...answers.keys()].join(" and ")} give the same 500 objects`);
}

function objectsOf(answer: Buffer): unknown {
  const review = parseExact(answer.toString());
  const response = isJsonMap(review) ? review["response"] : undefined;
  return isJsonMap(response) ? response["convertedObjects"] : undefined;
}

async function caseRows(of: Case, webhooks: readonly Webhook[], runs: number, objects: number): Promise<Row[]> {
  const { name, objectsPerCall, atOnce, share } = of;
  const reviews = Array.from({ length: DIFFERENT[objectsPerCall] }, (_, at) =>
    reviewOf(at * objectsPerCall, objectsPerCall),
  );
  const calls = Math.max(1, Math.round((objects * share) / objectsPerCall));
  const found = new Map<string, { rates: number[]; p99s: number[]; cpus: number[] }>();
  for (const webhook of webhooks) {
    say(`${name}: ${webhook.subject} warms up for ${WARM_UP_SECONDS} s, which is not counted`);
    const client = new Client(webhook, atOnce);
    const until = performance.now() + WARM_UP_SECONDS * 1000;
    while (performance.now() < until) await load(client, reviews, reviews.length, atOnce);
    client.close();
    found.set(webhook.subject, { rates: [], p99s: [], cpus: [] });
  }
  for (let run = 1; run <= runs; run++) {
    // Each begins every other run.
    for (const webhook of run % 2 === 1 ? webhooks : [...webhooks].reverse()) {
      const client = new Client(webhook, atOnce);
      await load(client, reviews, atOnce * 2, atOnce); // the connections' handshakes
      const cpuSeconds = () => (process.platform === "linux" ? webhook.cpuSeconds() : 0);
      const before = cpuSeconds();
      const { seconds, p99 } = await load(client, reviews, calls, atOnce);
      const cpu = (cpuSeconds() - before) * 1e6;
      client.close();
      found.get(webhook.subject)?.rates.push((calls * objectsPerCall) / seconds);
      found.get(webhook.subject)?.p99s.push(p99);
      found.get(webhook.subject)?.cpus.push(cpu / (calls * objectsPerCall));
      say(`${name}, run ${run}/${runs}: ${webhook.subject} ${calls} calls in ${seconds.toFixed(1)} s`);
    }
  }
  return [...found].flatMap(([subject, { rates, p99s, cpus }]) => [
    row(figure(name, subject, "rate", "objects/s"), rates),
    row(figure(name, subject, "p99 per call", "ms"), p99s),
    // Of what else runs on the machine this one hangs least.
    ...(process.platform === "linux" ? [row(figure(name, subject, "processor time per object", "µs"), cpus)] : []),
  ]);
}

async function startRows(programs: readonly Program[], place: Place, runs: number): Promise<Row[]> {
  const found = new Map<string, number[]>(programs.map(({ subject }) => [subject, []]));
  for (let run = 1; run <= runs; run++) {
    for (const program of programs) {
      const webhook = await startWebhook(program, place);
      await webhook.end();
      found.get(program.subject)?.push(webhook.startSeconds);
    }
  }
  return [...found].map(([subject, seconds]) =>
    row(figure("start", subject, "process start until /readyz is ok", "s"), seconds),
  );
}

function figure(name: string, subject: string, metric: string, unit: string): Omit<Row, "median" | "runs"> {
  return { case: name, subject, metric, unit };
}
