// Greeting: a Go service without any code for tokens. nginx asks the auth service first and passes on who is calling.
// Only nginx may reach it, because it trusts these headers.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/greeting", func(w http.ResponseWriter, request *http.Request) {
		greeting := fmt.Sprintf("Hello, %s (%s)", request.Header.Get("X-Auth-User-Id"), request.Header.Get("X-Auth-Roles"))
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]string{"greeting": greeting}); err != nil {
			log.Print(err)
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	log.Fatal(http.Serve(listener, nil))
}
