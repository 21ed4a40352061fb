package gateway

import "crypto/tls"

// serverTLS is how sessions are encrypted: TLS 1.2 and up, without a certificate of the client.
func serverTLS(certificate func() (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate() },
	}
}
