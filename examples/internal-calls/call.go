// Calls an internal endpoint of the auth service: go get github.com/golang-jwt/jwt/v5 github.com/google/uuid
// Run it as: INTERNAL_KEY=… go run call.go URL SERVICE METHOD PATH [JSON]
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// internalToken signs with the secret of AUTH_INTERNAL__<SERVICE>__SECRET, or with an Ed25519 private key in PEM. A scope
// limits the token to some of the service's scopes, separated by spaces.
func internalToken(service, key, scope string) (string, error) {
	now := time.Now()
	claims := jwt.MapClaims{
		"iss": service, "aud": "auth-service", "iat": now.Unix(), "exp": now.Unix() + 60, "jti": uuid.NewString(),
	}
	if scope != "" {
		claims["scope"] = scope
	}
	if !strings.HasPrefix(key, "-----BEGIN") {
		return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(key))
	}
	private, err := jwt.ParseEdPrivateKeyFromPEM([]byte(key))
	if err != nil {
		return "", err
	}
	return jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims).SignedString(private)
}

type answer struct {
	StatusCode int            `json:"statusCode"`
	Code       string         `json:"code"`
	Data       map[string]any `json:"data"`
}

var client = http.Client{Timeout: 10 * time.Second}

// call creates a token for each call, which takes microseconds.
func call(url, service, key, method, path, body string) (answer, error) {
	token, err := internalToken(service, key, "")
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequest(method, url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	var got answer
	return got, json.NewDecoder(response.Body).Decode(&got)
}

func main() {
	body := strings.Join(os.Args[5:], "")
	got, err := call(os.Args[1], os.Args[2], os.Getenv("INTERNAL_KEY"), os.Args[3], os.Args[4], body)
	if err != nil {
		log.Fatal(err)
	}
	field := func(name string) string { text, _ := got.Data[name].(string); return text }
	fmt.Println(got.StatusCode, got.Code, field("reason"), field("scope"))
}
