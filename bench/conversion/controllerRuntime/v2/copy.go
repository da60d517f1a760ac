package v2

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// AddToScheme makes the version known.
func AddToScheme(scheme *runtime.Scheme) error {
	version := schema.GroupVersion{Group: "bench.example.com", Version: "v2"}
	scheme.AddKnownTypes(version, &Backend{})
	metav1.AddToGroupVersion(scheme, version)
	return nil
}

// DeepCopyObject as controller-gen would write it: a scheme asks for it, a conversion does not use it.
func (in *Backend) DeepCopyObject() runtime.Object {
	out := *in
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	spec := &out.Spec
	spec.Port, spec.Replicas, spec.Budget = copied(spec.Port), copied(spec.Replicas), copied(spec.Budget)
	spec.TLS, spec.Ports, spec.Env = slices.Clone(spec.TLS), slices.Clone(spec.Ports), slices.Clone(spec.Env)
	spec.Selector = maps.Clone(spec.Selector)
	if spec.Resources = copied(spec.Resources); spec.Resources != nil {
		spec.Resources.Limits = maps.Clone(spec.Resources.Limits)
		spec.Resources.Requests = maps.Clone(spec.Resources.Requests)
	}
	if out.Status = copied(out.Status); out.Status != nil {
		out.Status.Conditions = slices.Clone(out.Status.Conditions)
	}
	return &out
}

func copied[T any](value *T) *T {
	if value == nil {
		return nil
	}
	out := *value
	return &out
}
