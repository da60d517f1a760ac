// The limit: the leanest client that writes every object. Connections that stay open, one request at a time on each, the
// same bytes but for the name, and no object is ever decoded.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "of an administrator")
	group := flag.String("group", "", "of the resource")
	version := flag.String("version", "", "through which each object is written")
	plural := flag.String("plural", "", "of the resource")
	connections := flag.Int("connections", 12, "requests at once")
	slice := flag.Int("slice", 0, "which of the slices to write, from 0")
	slices := flag.Int("slices", 1, "into how many slices the objects are divided")
	flag.Parse()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	paths, err := pathsOf(config, schema.GroupVersionResource{Group: *group, Version: *version, Resource: *plural})
	if err != nil {
		log.Fatal(err)
	}
	paths = paths[len(paths)**slice / *slices : len(paths)*(*slice+1) / *slices]
	began := time.Now()
	if err := writeAll(config, paths, *connections); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f\n", float64(len(paths))/time.Since(began).Seconds())
}

// pathsOf lists metadata alone, once.
func pathsOf(config *rest.Config, resource schema.GroupVersionResource) ([]string, error) {
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	list, err := client.Resource(resource).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	root := "/api/" + resource.Version
	if resource.Group != "" {
		root = "/apis/" + resource.Group + "/" + resource.Version
	}
	paths := make([]string, 0, len(list.Items))
	for _, item := range list.Items {
		paths = append(paths, root+"/namespaces/"+item.Namespace+"/"+resource.Resource+"/"+item.Name)
	}
	return paths, nil
}

func writeAll(config *rest.Config, paths []string, connections int) error {
	var next atomic.Int64
	var group sync.WaitGroup
	failed := make(chan error, connections)
	for range connections {
		group.Go(func() {
			if err := writeInTurn(config, paths, &next); err != nil {
				failed <- err
			}
		})
	}
	group.Wait()
	close(failed)
	return <-failed
}

// writeInTurn writes whatever path is next over one connection, as HTTP/1.1.
func writeInTurn(config *rest.Config, paths []string, next *atomic.Int64) error {
	server, err := url.Parse(config.Host)
	if err != nil {
		return err
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(config.CAData)
	connection, err := tls.Dial("tcp", server.Host, &tls.Config{RootCAs: authorities, NextProtos: []string{"http/1.1"}})
	if err != nil {
		return err
	}
	defer connection.Close()
	answers := bufio.NewReader(connection)
	headers := " HTTP/1.1\r\nHost: " + server.Host + "\r\nAuthorization: Bearer " + config.BearerToken +
		"\r\nContent-Type: application/merge-patch+json\r\nContent-Length: 2\r\n\r\n{}"
	for at := next.Add(1) - 1; at < int64(len(paths)); at = next.Add(1) - 1 {
		if _, err := io.WriteString(connection, "PATCH "+paths[at]+headers); err != nil {
			return err
		}
		if err := readAnswer(answers, paths[at]); err != nil {
			return err
		}
	}
	return nil
}

func readAnswer(answers *bufio.Reader, path string) error {
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("PATCH %s answered %s: %s", path, answer.Status, body)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
