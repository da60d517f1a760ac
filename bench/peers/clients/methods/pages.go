package main

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

const pageSize = 500

// migrateInPages works as kube-storage-version-migrator does: whole objects in pages of 500, each put back with the
// resourceVersion it was listed with, by one worker; after a conflict it is read again, one that is gone is done.
func migrateInPages(ctx context.Context, client dynamic.Interface, resource schema.GroupVersionResource) error {
	next := ""
	for {
		page, err := client.Resource(resource).List(ctx, metav1.ListOptions{Limit: pageSize, Continue: next})
		if err != nil {
			return err
		}
		for i := range page.Items {
			if err := putBack(ctx, client.Resource(resource), &page.Items[i]); err != nil {
				return err
			}
		}
		if next = page.GetContinue(); next == "" {
			return nil
		}
	}
}

func putBack(ctx context.Context, resource dynamic.NamespaceableResourceInterface, object *unstructured.Unstructured) error {
	inNamespace := resource.Namespace(object.GetNamespace())
	for {
		_, err := inNamespace.Update(ctx, object, metav1.UpdateOptions{})
		switch seconds, delayed := errors.SuggestsClientDelay(err); {
		case err == nil, errors.IsNotFound(err):
			return nil
		case errors.IsConflict(err):
			fresh, err := inNamespace.Get(ctx, object.GetName(), metav1.GetOptions{})
			if errors.IsNotFound(err) {
				return nil
			}
			if err != nil {
				return err
			}
			object = fresh
		case delayed:
			time.Sleep(time.Duration(seconds) * time.Second)
		default:
			return err
		}
	}
}
