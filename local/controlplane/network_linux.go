package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// runInNetwork gives the network namespace that it was started in a loopback device that is up and holds a whole
// subnet, so that a program may listen on any address of it, and becomes the command. It needs no iproute2.
func runInNetwork(args []string) {
	if len(args) < 2 {
		fail("network: expected SUBNET COMMAND [ARGUMENT...]")
	}
	address, subnet, err := net.ParseCIDR(args[0])
	if err != nil || address.To4() == nil {
		fail(fmt.Sprintf("network: found subnet %q; expected one like 10.77.0.1/24", args[0]))
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must("open a socket", err)
	must("bring lo up", set(socket, "lo", unix.SIOCSIFFLAGS, func(request *unix.Ifreq) error {
		request.SetUint16(unix.IFF_UP | unix.IFF_LOOPBACK | unix.IFF_RUNNING)
		return nil
	}))
	must("give lo its address", set(socket, "lo:1", unix.SIOCSIFADDR, func(request *unix.Ifreq) error {
		return request.SetInet4Addr(address.To4())
	}))
	// On a loopback device every address of the subnet is then a local one: fib_add_ifaddr in the kernel.
	must("give lo its subnet", set(socket, "lo:1", unix.SIOCSIFNETMASK, func(request *unix.Ifreq) error {
		return request.SetInet4Addr(subnet.Mask)
	}))
	program, err := exec.LookPath(args[1])
	must("find "+args[1], err)
	must("start "+args[1], syscall.Exec(program, args[1:], os.Environ()))
}

func set(socket int, device string, what uint, fill func(*unix.Ifreq) error) error {
	request, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	if err := fill(request); err != nil {
		return err
	}
	return unix.IoctlIfreq(socket, what, request)
}

func must(what string, err error) {
	if err != nil {
		fail(fmt.Sprintf("network: cannot %s: %v", what, err))
	}
}
