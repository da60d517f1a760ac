//go:build !kubernetes_1_30

package main

import (
	"time"

	controlplane "k8s.io/kubernetes/pkg/controlplane/apiserver"
)

// The interval is a variable "exposed so integration tests can tune this value", with no flag to it:
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/controlplane/apiserver/server.go#L60
func renewIdentityLeaseEvery(interval time.Duration) {
	controlplane.IdentityLeaseRenewIntervalPeriod = interval
}
