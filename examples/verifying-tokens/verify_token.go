// Verifies access tokens of the auth service: go get github.com/golang-jwt/jwt/v5
package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var required = []string{"iss", "aud", "sub", "exp", "iat", "jti", "sid", "roles", "amr", "auth_time"}

// ErrNoKeys means that the keys could not be fetched: answer 503. For any other error answer 401.
var ErrNoKeys = errors.New("the keys could not be fetched")

// AccessTokens verifies tokens of one issuer (AUTH_PUBLIC_URL of the service) for one audience (AUTH_AUDIENCE).
// Create one per process: it caches the keys.
type AccessTokens struct {
	issuer   string
	parser   *jwt.Parser
	client   http.Client
	lock     sync.Mutex // Guards what follows. It is not held during a fetch.
	keys     map[string]ed25519.PublicKey
	fetched  time.Time
	next     time.Time     // the earliest next fetch
	failure  error         // why the last fetch failed, if it did
	fetching chan struct{} // closed when the running fetch ends
}

// NewAccessTokens creates a verifier. It fetches nothing yet.
func NewAccessTokens(issuer, audience string) *AccessTokens {
	return &AccessTokens{issuer: issuer, client: http.Client{Timeout: 5 * time.Second}, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{"EdDSA"}), // not what the token says
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(5*time.Second), // by which clocks may differ
	)}
}

// Verify returns the claims.
func (a *AccessTokens) Verify(text string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	token, err := a.parser.ParseWithClaims(text, claims, func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		return a.key(kid)
	})
	if err != nil {
		return nil, err
	}
	if token.Header["typ"] != "at+jwt" {
		return nil, errors.New("not an access token")
	}
	for _, name := range required {
		if claims[name] == nil {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	return claims, nil
}

// key caches keys for ten minutes. An unknown one is fetched, but at most once a minute.
func (a *AccessTokens) key(kid string) (ed25519.PublicKey, error) {
	key, _ := a.cached(kid)
	if key != nil {
		return key, nil
	}
	a.refresh()
	key, failure := a.cached(kid)
	if key == nil && failure != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoKeys, failure)
	}
	if key == nil {
		return nil, errors.New("no key has this kid")
	}
	return key, nil
}

// cached returns a known key, and why the last fetch failed.
func (a *AccessTokens) cached(kid string) (ed25519.PublicKey, error) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if time.Since(a.fetched) > 10*time.Minute {
		return nil, a.failure
	}
	return a.keys[kid], a.failure
}

// refresh fetches the keys, or waits for the running fetch. A failed fetch is repeated after five seconds.
func (a *AccessTokens) refresh() {
	a.lock.Lock()
	if fetching := a.fetching; fetching != nil {
		a.lock.Unlock()
		<-fetching
		return
	}
	if time.Now().Before(a.next) {
		a.lock.Unlock()
		return
	}
	a.fetching = make(chan struct{})
	a.lock.Unlock()
	keys, err := a.fetch()
	a.lock.Lock()
	defer a.lock.Unlock()
	now := time.Now()
	if a.failure = err; err != nil {
		a.next = now.Add(5 * time.Second)
	} else {
		a.keys, a.fetched, a.next = keys, now, now.Add(time.Minute)
	}
	close(a.fetching)
	a.fetching = nil
}

func (a *AccessTokens) fetch() (map[string]ed25519.PublicKey, error) {
	response, err := a.client.Get(a.issuer + "/.well-known/jwks.json")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	var set struct {
		Keys []struct{ Kid, Kty, Crv, X string }
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, 1<<20)).Decode(&set); err != nil {
		return nil, err
	}
	keys := map[string]ed25519.PublicKey{}
	for _, key := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(key.X)
		if err == nil && key.Kty == "OKP" && key.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize {
			keys[key.Kid] = x
		}
	}
	return keys, nil
}

// verify_token ISSUER AUDIENCE: for each line of input, a token, its claims or why there are none.
func main() {
	tokens, lines := NewAccessTokens(os.Args[1], os.Args[2]), bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		claims, err := tokens.Verify(lines.Text())
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(claims)
		}
		if errors.Is(err, ErrNoKeys) {
			fmt.Println(503, err)
		} else if err != nil {
			fmt.Println(401, err)
		}
	}
}
