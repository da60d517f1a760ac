import { engine } from "../../../components/provider/engine";
import { Row } from "../../../components/provider/row";

jest.mock("../../../components/provider/engine");

test("a pipeline prints each status once in five seconds, though two that wait take turns and count", () => {
  const said: string[] = [];
  const log = (request: { getMessage: () => string }, done: () => void): void => {
    said.push(request.getMessage());
    done();
  };
  jest.mocked(engine).mockReturnValue({ log } as never);
  jest.useFakeTimers();
  const row = new Row("urn");
  for (let second = 0; second < 7; second++) {
    void row.status(`waiting for cp-1, ${second} s`);
    void row.status("the lock is held by another run");
    jest.advanceTimersByTime(1_000);
  }
  void row.status("done");
  jest.useRealTimers();
  const locked = "the lock is held by another run";
  expect(said).toEqual(["waiting for cp-1, 0 s", locked, "waiting for cp-1, 5 s", locked, "done"]);
});
