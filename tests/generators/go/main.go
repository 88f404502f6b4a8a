// The client that openapi-generator makes for Go.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"generated/client"
)

func main() {
	log.SetFlags(0)
	url, email, password := os.Args[1], os.Args[2], os.Args[3]
	configuration := client.NewConfiguration()
	configuration.Servers = client.ServerConfigurations{{URL: url}}
	api := client.NewAPIClient(configuration)
	anybody := context.Background()
	bearer := func(token *string) context.Context {
		return context.WithValue(anybody, client.ContextAccessToken, *token)
	}
	body := func(password string) client.LoginBody {
		body := client.NewLoginBody(password)
		body.SetEmail(email)
		return *body
	}

	_, _, err := api.AuthAPI.Login(anybody).LoginBody(body("wrong")).Execute()
	var refused *client.GenericOpenAPIError
	if !errors.As(err, &refused) {
		log.Fatal(err)
	}
	answer, ok := refused.Model().(client.ErrorAnswer)
	if !ok {
		log.Fatalf("%T: %s", refused.Model(), refused.Body())
	}
	fmt.Println(answer.Code)

	login, _, err := api.AuthAPI.Login(anybody).LoginBody(body(password)).Execute()
	if err != nil {
		log.Fatal(err)
	}
	pending := login.TwofaRequired
	if pending == nil {
		log.Fatalf("%T", login.GetActualInstance())
	}
	methods := make([]string, len(pending.Data.Methods))
	for index, method := range pending.Data.Methods {
		methods[index] = string(method)
	}
	fmt.Println(pending.Code, strings.Join(methods, ","))

	code, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		log.Fatal(err)
	}
	otp := client.NewLoginCodeBody(strings.TrimSpace(code))
	finished, _, err := api.TwoFactorAPI.VerifyEmailLogin(bearer(pending.Data.TempToken)).LoginCodeBody(*otp).Execute()
	if err != nil {
		log.Fatal(err)
	}
	loggedIn := finished.UserLoggedIn
	if loggedIn == nil {
		log.Fatalf("%T", finished.GetActualInstance())
	}

	me, _, err := api.AccountAPI.GetMe(bearer(loggedIn.Data.Tokens.AccessToken)).Execute()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(loggedIn.Code, *me.Data.User.Username.Get())
}
