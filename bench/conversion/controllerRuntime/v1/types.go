// Package v1 is the older version, a spoke.
package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

type Backend struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   BackendSpec    `json:"spec,omitempty"`
	Status *BackendStatus `json:"status,omitempty"`
}

type BackendSpec struct {
	HostPort  string            `json:"hostPort,omitempty"`
	Size      *int32            `json:"size,omitempty"`
	Mode      string            `json:"mode,omitempty"`
	Image     string            `json:"image,omitempty"`
	Budget    *int64            `json:"budget,omitempty"`
	TLS       *TLS              `json:"tls,omitempty"`
	Ports     []Port            `json:"ports,omitempty"`
	Env       []EnvVar          `json:"env,omitempty"`
	Selector  map[string]string `json:"selector,omitempty"`
	Resources *Resources        `json:"resources,omitempty"`
}

type TLS struct {
	Secret  string `json:"secret,omitempty"`
	Minimum string `json:"minimum,omitempty"`
}

type Port struct {
	Num      int32  `json:"num"`
	Protocol string `json:"protocol,omitempty"`
}

type EnvVar struct {
	Name  string `json:"name,omitempty"`
	Value string `json:"value,omitempty"`
}

type Resources struct {
	Limits   map[string]string `json:"limits,omitempty"`
	Requests map[string]string `json:"requests,omitempty"`
}

type BackendStatus struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	Phase              string             `json:"phase,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}
