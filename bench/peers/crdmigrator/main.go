// The peer of the bench "peers": Cluster API's crdmigrator itself, in a manager that has nothing else to do, for one CRD.
// It ends when the migrator has marked the CRD's generation as done.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/go-logr/logr"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clusterv1 "sigs.k8s.io/cluster-api/api/core/v1beta2"
	"sigs.k8s.io/cluster-api/controllers/crdmigrator"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const pollEvery = 50 * time.Millisecond

func main() {
	// controller-runtime has a flag of the name kubeconfig among the process's own.
	flags := flag.NewFlagSet("crdmigrator", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "of an administrator")
	group := flags.String("group", "", "of the CRD")
	version := flags.String("version", "", "its storage version")
	kind := flags.String("kind", "", "of the CRD")
	crd := flags.String("crd", "", "metadata.name of the CRD")
	_ = flags.Parse(os.Args[1:]) // it ends the process itself
	ctrl.SetLogger(logr.Discard())

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	config.QPS = -1 // no limit of the client's: what is compared is the way of working
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(schema.GroupVersionKind{Group: *group, Version: *version, Kind: *kind})
	if err := migrate(config, object, *crd); err != nil {
		log.Fatal(err)
	}
}

func migrate(config *rest.Config, object client.Object, crd string) error {
	scheme := runtime.NewScheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	manager, err := ctrl.NewManager(config, ctrl.Options{Scheme: scheme, Metrics: metricsserver.Options{BindAddress: "0"}})
	if err != nil {
		return err
	}
	migrator := &crdmigrator.CRDMigrator{
		Client:    manager.GetClient(),
		APIReader: manager.GetAPIReader(),
		Config:    map[client.Object]crdmigrator.ByObjectConfig{object: {}},
	}
	if err := migrator.SetupWithManager(ctx, manager, controller.Options{}); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()
	return waitUntilMarked(ctx, manager.GetAPIReader(), crd, ended)
}

func waitUntilMarked(ctx context.Context, reader client.Reader, name string, ended <-chan error) error {
	for {
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := reader.Get(ctx, client.ObjectKey{Name: name}, crd); err != nil {
			return err
		}
		marked := crd.Annotations[clusterv1.CRDMigrationObservedGenerationAnnotation]
		if marked == strconv.FormatInt(crd.Generation, 10) {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("the manager ended before %s was migrated: %w", name, err)
		case <-time.After(pollEvery):
		}
	}
}
