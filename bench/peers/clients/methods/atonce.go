package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

const (
	tries      = 3
	betweenTry = time.Second
)

var definitions = schema.GroupVersionResource{
	Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
}

// migrateAtOnce works as `cmctl upgrade migrate-api-version` does: the storage version is looked at first; one list of
// whole objects, each updated in turn, three tries; status.storedVersions is set if the CRD is still what it was.
func migrateAtOnce(ctx context.Context, client dynamic.Interface, resource schema.GroupVersionResource) error {
	crd := resource.GroupResource().String()
	if _, err := unmoved(ctx, client, crd, resource.Version); err != nil {
		return err
	}
	all, err := client.Resource(resource).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range all.Items {
		if err := update(ctx, client.Resource(resource), &all.Items[i]); err != nil {
			return err
		}
	}
	live, err := unmoved(ctx, client, crd, resource.Version)
	if err != nil {
		return err
	}
	if err := unstructured.SetNestedStringSlice(live.Object, []string{resource.Version}, "status", "storedVersions"); err != nil {
		return err
	}
	_, err = client.Resource(definitions).UpdateStatus(ctx, live, metav1.UpdateOptions{})
	return err
}

func update(ctx context.Context, resource dynamic.NamespaceableResourceInterface, object *unstructured.Unstructured) error {
	for try := 1; ; try++ {
		_, err := resource.Namespace(object.GetNamespace()).Update(ctx, object, metav1.UpdateOptions{})
		if err == nil || errors.IsNotFound(err) || errors.IsConflict(err) {
			return nil
		}
		if try == tries {
			return err
		}
		time.Sleep(betweenTry)
	}
}

// unmoved is the CRD as it is now, if it still stores that version.
func unmoved(ctx context.Context, client dynamic.Interface, crd, version string) (*unstructured.Unstructured, error) {
	live, err := client.Resource(definitions).Get(ctx, crd, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	versions, _, err := unstructured.NestedSlice(live.Object, "spec", "versions")
	if err != nil {
		return nil, err
	}
	stored := func(each any) bool {
		of, _ := each.(map[string]any)
		return of["name"] == version && of["storage"] == true
	}
	if !slices.ContainsFunc(versions, stored) {
		return nil, fmt.Errorf("%s does not store %s; expected it to, from the first look to the last", crd, version)
	}
	return live, nil
}
