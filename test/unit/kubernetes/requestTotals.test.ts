import { parseServerTotals, requestTotalsOf } from "../../../components/kubernetes/requestTotals";

const databases = { group: "example.com", plural: "databases" };

test("the counts of one resource are added up by version; a write is one that was done and that Kubernetes does not do by itself", () => {
  const metrics = `# HELP apiserver_request_total [STABLE] Counter of apiserver requests broken out for each verb
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",component="apiserver",dry_run="",group="example.com",resource="databases",scope="cluster",subresource="",verb="LIST",version="v1"} 300
apiserver_request_total{code="201",component="apiserver",dry_run="",group="example.com",resource="databases",scope="resource",subresource="",verb="POST",version="v1"} 1.2e+03
apiserver_request_total{code="200",component="apiserver",dry_run="",group="example.com",resource="databases",scope="resource",subresource="status",verb="APPLY",version="v1"} 5
apiserver_request_total{code="200",component="apiserver",dry_run="All",group="example.com",resource="databases",scope="resource",subresource="",verb="PATCH",version="v1"} 11
apiserver_request_total{code="409",component="apiserver",dry_run="",group="example.com",resource="databases",scope="resource",subresource="",verb="PUT",version="v1"} 13
apiserver_request_total{code="200",component="apiserver",dry_run="",group="example.com",resource="databases",scope="namespace",subresource="",verb="DELETE",version="v1"} 17
apiserver_request_total{code="200",component="apiserver",dry_run="",group="example.com",resource="databases",scope="cluster",subresource="",verb="LIST",version="v2"} 7
apiserver_request_total{code="200",component="apiserver",dry_run="",group="example.com",resource="backups",scope="cluster",subresource="",verb="LIST",version="v1"} 9
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="databases",scope="cluster",subresource="",verb="LIST",version="v1"} 9
apiserver_request_total_other{group="example.com",resource="databases",version="v1"} 9
process_start_time_seconds 1.79586464218e+09
apiserver_request_duration_seconds_count{group="example.com",resource="databases",version="v1"} 9
`;
  expect(requestTotalsOf(parseServerTotals(metrics), databases)).toEqual({
    startedAt: 1795864642.18,
    byVersion: { v1: { writes: 1205, others: 341 }, v2: { writes: 0, others: 7 } },
  });
});

test("nothing counted is nothing, not an error", () => {
  expect(requestTotalsOf(parseServerTotals(""), databases)).toEqual({ startedAt: 0, byVersion: {} });
});
