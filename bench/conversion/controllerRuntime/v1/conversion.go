package v1

import (
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/conversion"

	"conversionwebhook/v2"
)

// ConvertTo makes a v2 of it.
func (in *Backend) ConvertTo(hub conversion.Hub) error {
	out, ok := hub.(*v2.Backend)
	if !ok {
		return fmt.Errorf("found %T; expected a v2 Backend", hub)
	}
	out.ObjectMeta = in.ObjectMeta
	if at := strings.LastIndex(in.Spec.HostPort, ":"); at >= 0 {
		port, err := strconv.ParseInt(in.Spec.HostPort[at+1:], 10, 32)
		if err != nil {
			return err
		}
		number := int32(port)
		out.Spec.Host, out.Spec.Port = in.Spec.HostPort[:at], &number
	}
	out.Spec.Replicas = in.Spec.Size
	out.Spec.Mode = in.Spec.Mode
	out.Spec.Image = in.Spec.Image
	out.Spec.Budget = in.Spec.Budget
	if in.Spec.TLS != nil {
		out.Spec.TLS = []v2.TLS{{SecretName: in.Spec.TLS.Secret, Minimum: in.Spec.TLS.Minimum}}
	}
	for _, port := range in.Spec.Ports {
		out.Spec.Ports = append(out.Spec.Ports, v2.Port{Number: port.Num, Protocol: port.Protocol})
	}
	for _, env := range in.Spec.Env {
		out.Spec.Env = append(out.Spec.Env, v2.EnvVar(env))
	}
	out.Spec.Selector = in.Spec.Selector
	out.Spec.Resources = (*v2.Resources)(in.Spec.Resources)
	if in.Status != nil {
		out.Status = &v2.BackendStatus{
			ObservedGeneration: in.Status.ObservedGeneration,
			State:              in.Status.Phase,
			Conditions:         in.Status.Conditions,
		}
	}
	return nil
}

// ConvertFrom makes it of a v2.
func (in *Backend) ConvertFrom(hub conversion.Hub) error {
	from, ok := hub.(*v2.Backend)
	if !ok {
		return fmt.Errorf("found %T; expected a v2 Backend", hub)
	}
	in.ObjectMeta = from.ObjectMeta
	if from.Spec.Port != nil {
		in.Spec.HostPort = fmt.Sprintf("%s:%d", from.Spec.Host, *from.Spec.Port)
	}
	in.Spec.Size = from.Spec.Replicas
	in.Spec.Mode = from.Spec.Mode
	in.Spec.Image = from.Spec.Image
	in.Spec.Budget = from.Spec.Budget
	if len(from.Spec.TLS) > 0 {
		in.Spec.TLS = &TLS{Secret: from.Spec.TLS[0].SecretName, Minimum: from.Spec.TLS[0].Minimum}
	}
	for _, port := range from.Spec.Ports {
		in.Spec.Ports = append(in.Spec.Ports, Port{Num: port.Number, Protocol: port.Protocol})
	}
	for _, env := range from.Spec.Env {
		in.Spec.Env = append(in.Spec.Env, EnvVar(env))
	}
	in.Spec.Selector = from.Spec.Selector
	in.Spec.Resources = (*Resources)(from.Spec.Resources)
	if from.Status != nil {
		in.Status = &BackendStatus{
			ObservedGeneration: from.Status.ObservedGeneration,
			Phase:              from.Status.State,
			Conditions:         from.Status.Conditions,
		}
	}
	return nil
}
