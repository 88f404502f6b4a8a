// Connects at once, asks late, and later again on the same connection: early_connection.go <url> <seconds>
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

func main() {
	target, err := url.Parse(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	seconds, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	early, err := net.Dial("tcp", target.Host)
	if err != nil {
		log.Fatal(err)
	}
	dial := func(context.Context, string, string) (net.Conn, error) {
		connection := early
		early = nil
		if connection == nil {
			return nil, errors.New("the connection was not kept")
		}
		return connection, nil
	}
	client := http.Client{Transport: &http.Transport{DialContext: dial}}
	for request := 0; request < 2; request++ {
		time.Sleep(time.Duration(seconds) * time.Second)
		answer, err := client.Get(target.String())
		if err != nil {
			log.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			log.Fatal(err)
		}
		answer.Body.Close()
		fmt.Println(answer.StatusCode)
	}
}
