// tests/lab/tls13_peer.go: a TLS 1.3 client or server of Go's own library, whose records are measured.
//
//	tls13_peer server PORT CHAIN KEY CA none|insists|may
//	tls13_peer client ADDRESS NAME CA [CHAIN KEY]
//
// The client sends its standard input and prints what it is answered; the server answers each line.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func settings(authority string, own []string) *tls.Config {
	pem, err := os.ReadFile(authority)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	config := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, ClientCAs: roots}
	if len(own) == 2 {
		pair, err := tls.LoadX509KeyPair(own[0], own[1])
		must(err)
		config.Certificates = []tls.Certificate{pair}
	}
	if path := os.Getenv("SSLKEYLOGFILE"); path != "" {
		config.KeyLogWriter, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		must(err)
	}
	return config
}

func answer(connection net.Conn) {
	defer connection.Close()
	for lines := bufio.NewScanner(connection); lines.Scan(); {
		fmt.Fprint(connection, "HTTP/1.0 200 OK\r\n\r\n")
	}
}

func serve(arguments []string) {
	config := settings(arguments[3], arguments[1:3])
	config.ClientAuth = map[string]tls.ClientAuthType{"none": tls.NoClientCert,
		"insists": tls.RequireAndVerifyClientCert, "may": tls.VerifyClientCertIfGiven}[arguments[4]]
	listener, err := tls.Listen("tcp", ":"+arguments[0], config)
	must(err)
	for {
		connection, err := listener.Accept()
		must(err)
		go answer(connection)
	}
}

func ask(arguments []string) {
	config := settings(arguments[2], arguments[3:])
	config.ServerName = arguments[1]
	connection, err := tls.Dial("tcp", arguments[0], config)
	must(err)
	go func() {
		_, _ = io.Copy(os.Stdout, connection)
	}()
	_, err = io.Copy(connection, os.Stdin)
	must(err)
	must(connection.Close())
}

func main() {
	if os.Args[1] == "server" {
		serve(os.Args[2:])
	}
	ask(os.Args[2:])
}
