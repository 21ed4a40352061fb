package cli_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"callout/internal/lab"
)

func capture(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) < 2 {
		ts.Fatalf("no match for %s in\n%s", args[1], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[0], found[1])
}

func writeCertificate(ts *testscript.TestScript, _ bool, args []string) {
	pair, err := lab.Certificate(args[2:]...)
	ts.Check(err)
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	ts.Check(err)
	for i, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, {Type: "PRIVATE KEY", Bytes: der}} {
		ts.Check(os.WriteFile(ts.MkAbs(args[i]), pem.EncodeToMemory(block), 0o600))
	}
}

func renewed(ts *testscript.TestScript, _ bool, args []string) {
	block, _ := pem.Decode([]byte(ts.ReadFile(args[1])))
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		resp, err := anybody.Get(args[0])
		ts.Check(err)
		resp.Body.Close()
		if bytes.Equal(resp.TLS.PeerCertificates[0].Raw, block.Bytes) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s still shows another certificate", args[0])
		}
	}
}
