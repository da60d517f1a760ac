// The peer of the conversion benchmark: a webhook as one writes it with controller-runtime (hub and spoke types, its own
// conversion handler, its own webhook server and logger), without a manager, which would want a cluster.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"os/signal"
	"syscall"

	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/conversion"

	"conversionwebhook/v1"
	"conversionwebhook/v2"
)

func main() {
	port := flag.Int("port", 9443, "port of the loopback address")
	certificates := flag.String("certificates", "", "folder of tls.crt and tls.key")
	flag.Parse()
	logf.SetLogger(zap.New())

	scheme := runtime.NewScheme()
	utilruntime.Must(v1.AddToScheme(scheme))
	utilruntime.Must(v2.AddToScheme(scheme))

	server := webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: *port, CertDir: *certificates})
	server.Register("/convert", conversion.NewWebhookHandler(scheme, conversion.NewRegistry()))
	ready := healthz.CheckHandler{Checker: server.StartedChecker()}
	server.Register("/readyz", http.Handler(ready))

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := server.Start(ctx); err != nil {
		log.Fatal(err)
	}
}
