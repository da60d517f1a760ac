// Package v2 is the newest version, and the hub.
package v2

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

type Backend struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   BackendSpec    `json:"spec,omitempty"`
	Status *BackendStatus `json:"status,omitempty"`
}

type BackendSpec struct {
	Host      string            `json:"host,omitempty"`
	Port      *int32            `json:"port,omitempty"`
	Replicas  *int32            `json:"replicas,omitempty"`
	Mode      string            `json:"mode,omitempty"`
	Image     string            `json:"image,omitempty"`
	Budget    *int64            `json:"budget,omitempty"`
	TLS       []TLS             `json:"tls,omitempty"`
	Ports     []Port            `json:"ports,omitempty"`
	Env       []EnvVar          `json:"env,omitempty"`
	Selector  map[string]string `json:"selector,omitempty"`
	Resources *Resources        `json:"resources,omitempty"`
}

type TLS struct {
	SecretName string `json:"secretName,omitempty"`
	Minimum    string `json:"minimum,omitempty"`
}

type Port struct {
	Number   int32  `json:"number"`
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
	State              string             `json:"state,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

// Hub: every other version is converted by way of this one.
func (*Backend) Hub() {}
