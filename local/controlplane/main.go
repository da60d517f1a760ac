// Command controlplane is etcd, kube-apiserver and kube-controller-manager in one binary, so that a machine
// with nothing but Go links once and starts a real control plane. The first argument picks the component, the
// rest are that component's own flags.
package main

import (
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

const components = "expected etcd, kube-apiserver, kube-controller-manager or network"

// How often an API server renews its identity Lease, 10 s unless set, and looks at its encryption configuration, 1 min
// unless set. Tests wait for both.
const (
	leaseRenewal   = "CONTROLPLANE_LEASE_RENEWAL"
	encryptionPoll = "CONTROLPLANE_ENCRYPTION_POLL"
)

func main() {
	if len(os.Args) < 2 {
		fail("no component given; " + components)
	}
	component := os.Args[1]
	os.Args = append([]string{component}, os.Args[2:]...)
	switch component {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		tune(leaseRenewal, renewIdentityLeaseEvery)
		tune(encryptionPoll, readEncryptionFileEvery)
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	case "network":
		runInNetwork(os.Args[1:])
	default:
		fail(fmt.Sprintf("unknown component %q; %s", component, components))
	}
}

func tune(variable string, set func(time.Duration)) {
	text := os.Getenv(variable)
	if text == "" {
		return
	}
	interval, err := time.ParseDuration(text)
	if err != nil || interval <= 0 {
		fail(fmt.Sprintf("%s is %q; expected a duration like 1s", variable, text))
	}
	set(interval)
}

func fail(found string) {
	fmt.Fprintln(os.Stderr, "controlplane: "+found)
	os.Exit(2)
}
