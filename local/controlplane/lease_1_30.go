//go:build kubernetes_1_30

package main

import (
	"time"

	"k8s.io/kubernetes/pkg/controlplane"
)

// As in lease.go; in 1.30 the variable lives one package higher:
// https://github.com/kubernetes/kubernetes/blob/v1.30.14/pkg/controlplane/instance.go#L149
func renewIdentityLeaseEvery(interval time.Duration) {
	controlplane.IdentityLeaseRenewIntervalPeriod = interval
}
