import { requestTotals } from "../../../components/kubernetes/requestTotals";

const databases = { group: "example.com", plural: "databases" };

test("the counts of one resource are added up by version", () => {
  const metrics = `# HELP apiserver_request_total [STABLE] Counter of apiserver requests broken out for each verb
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",component="apiserver",dry_run="",group="example.com",resource="databases",scope="cluster",subresource="",verb="LIST",version="v1"} 300
apiserver_request_total{code="201",component="apiserver",dry_run="",group="example.com",resource="databases",scope="resource",subresource="",verb="POST",version="v1"} 1.2e+03
apiserver_request_total{code="200",component="apiserver",dry_run="",group="example.com",resource="databases",scope="cluster",subresource="",verb="LIST",version="v2"} 7
apiserver_request_total{code="200",component="apiserver",dry_run="",group="example.com",resource="backups",scope="cluster",subresource="",verb="LIST",version="v1"} 9
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="databases",scope="cluster",subresource="",verb="LIST",version="v1"} 9
apiserver_request_total_other{group="example.com",resource="databases",version="v1"} 9
apiserver_request_duration_seconds_count{group="example.com",resource="databases",version="v1"} 9
`;
  expect(requestTotals(metrics, databases)).toEqual({ v1: 1500, v2: 7 });
});

test("nothing counted is nothing, not an error", () => {
  expect(requestTotals("", databases)).toEqual({});
});
