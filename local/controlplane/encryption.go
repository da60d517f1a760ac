package main

import (
	"time"

	encryption "k8s.io/apiserver/pkg/server/options/encryptionconfig/controller"
)

// The interval is a variable "exposed so that integration tests can crank up the reload speed", with no flag to it:
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig/controller/controller.go#L38
func readEncryptionFileEvery(interval time.Duration) {
	encryption.EncryptionConfigFileChangePollDuration = interval
}
