package access_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"callout/internal/access"
	"callout/internal/store/sqlite"
)

// BenchmarkAuthenticate checks tokens out of 5,000 that 100 users own.
func BenchmarkAuthenticate(b *testing.B) {
	db, err := sqlite.Open(context.Background(), filepath.Join(b.TempDir(), "callout.db"))
	if err != nil {
		b.Fatal(err)
	}
	a, err := access.New(context.Background(), access.Options{Store: db, Cost: cheap})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		a.Close(context.Background())
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	}()
	var secrets []string
	for i := range 100 {
		name, domain := fmt.Sprint("user", i), fmt.Sprintf("d%d.example", i)
		change := access.UserChange{Role: access.RoleDomain, Domains: []string{domain}, Password: password}
		if _, err := a.PutUser(context.Background(), name, change); err != nil {
			b.Fatal(err)
		}
		for range 50 {
			secret, _, err := a.CreateToken(context.Background(), access.Token{Label: "x", Owner: name, Role: access.RoleDomain})
			if err != nil {
				b.Fatal(err)
			}
			secrets = append(secrets, secret)
		}
	}
	b.ReportAllocs()
	b.Run("one goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := a.Authenticate(context.Background(), secrets[i%len(secrets)], home); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one for each core", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				if _, err := a.Authenticate(context.Background(), secrets[i%len(secrets)], home); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkPassword hashes one password at the cost that it has in real use.
func BenchmarkPassword(b *testing.B) {
	db, err := sqlite.Open(context.Background(), filepath.Join(b.TempDir(), "callout.db"))
	if err != nil {
		b.Fatal(err)
	}
	a, err := access.New(context.Background(), access.Options{Store: db})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		a.Close(context.Background())
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	}()
	if _, err := a.PutUser(context.Background(), "anna", access.UserChange{Role: access.RoleAdmin, Password: password}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := a.Login(context.Background(), "anna", password, home); err != nil {
			b.Fatal(err)
		}
	}
}
