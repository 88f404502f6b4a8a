// Receives the events of the auth service: go get github.com/standard-webhooks/standard-webhooks/libraries
// Run it as: WEBHOOK_SECRET=whsec_… go run receiver.go PORT
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type event struct {
	Type string `json:"type"`
	Data struct {
		UserID string `json:"userId"`
	} `json:"data"`
}

type receiver struct {
	webhook *standardwebhooks.Webhook
	lock    sync.Mutex
	handled map[string]bool // In your database: a table of ids, written in the same transaction as the work.
}

func handle(received event) error {
	switch received.Type {
	case "user.registered", "user.deleted": // Create your row for the user, or delete everything that you store about them.
		fmt.Println(received.Type, received.Data.UserID)
	}
	return nil // Acknowledge the types that you don't know: new ones may be added.
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, 1<<16)) // The bytes as sent: the signature covers them.
	if err != nil || r.webhook.Verify(body, request.Header) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	var received event
	if id := request.Header.Get("webhook-id"); !r.handled[id] {
		if json.Unmarshal(body, &received) != nil || handle(received) != nil {
			w.WriteHeader(http.StatusInternalServerError) // The event is sent again.
			return
		}
		r.handled[id] = true
	}
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	log.Fatal(http.Serve(listener, &receiver{webhook: webhook, handled: map[string]bool{}}))
}
