//go:build !linux

package main

func runInNetwork([]string) {
	fail("network: there are no network namespaces here; expected Linux")
}
