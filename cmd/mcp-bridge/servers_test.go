package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// example returns a profile of docs/examples with a text of it replaced.
func example(t *testing.T, name string, oldNew ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(string(data), oldNew[i]) {
			t.Fatalf("%s does not hold %s", name, oldNew[i])
		}
	}
	return strings.NewReplacer(oldNew...).Replace(string(data))
}

// TestSyncthing calls a real Syncthing, which wants its key in X-API-Key, through
// the official TypeScript client.
func TestSyncthing(t *testing.T) {
	syncthing := need(t, "syncthing")
	addr, dir := freePort(t), t.TempDir()
	const key = "syncthing-canary-4711"
	config := fmt.Sprintf(`<configuration version="35"><gui enabled="true" tls="false"><address>%s</address><apikey>%s</apikey></gui>
<options><globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled>
<natEnabled>false</natEnabled><crashReportingEnabled>false</crashReportingEnabled><urAccepted>-1</urAccepted><autoUpgradeIntervalH>0</autoUpgradeIntervalH>
<startBrowser>false</startBrowser><listenAddress>tcp://127.0.0.1:0</listenAddress></options></configuration>`, addr, key)
	if err := os.WriteFile(filepath.Join(dir, "config.xml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	background(t, []string{"HOME=" + dir, "STNODEFAULTFOLDER=1", "STNOUPGRADE=1"}, syncthing, "serve", "--home="+dir, "--no-browser", "--no-restart")
	waitFor(t, addr)

	p := newPerson(t)
	p.write(".mcp-bridge/profiles/syncthing.toml", example(t, "syncthing.toml", "http://127.0.0.1:8384", "http://"+addr))
	p.run("", "use", "syncthing")
	p.run("", "check")

	s := p.typescript()
	if got := s.call("ping", "{}"); !got.IsError || !strings.Contains(got.text(), "mcp-bridge login syncthing") {
		t.Fatalf("without a key: %+v", got)
	}
	p.run(key, "login", "syncthing", "--with-token")
	if got := s.call("ping", "{}"); got.IsError || !strings.Contains(got.text(), "pong") {
		t.Fatalf("ping: %+v", got)
	}
	if got := s.call("system_version", "{}"); !strings.HasPrefix(got.text(), "Syncthing v") {
		t.Errorf("system_version: %+v", got)
	}
	folder := t.TempDir()
	if got := s.call("add_folder", fmt.Sprintf(`{"id":"ä b","label":"L","path":%q,"paused":true}`, folder)); got.IsError {
		t.Fatalf("add_folder: %+v", got)
	}
	if got := s.call("list_folders", "{}"); !strings.Contains(got.text(), "- ä b: L at "+folder+" (paused)") {
		t.Errorf("list_folders: %+v", got)
	}
	// The profile's policy asks a person before a folder is removed.
	if got := s.call("remove_folder", `{"id":"ä b"}`); !got.IsError || !strings.Contains(got.text(), "mcp-bridge call remove_folder") {
		t.Errorf("remove_folder without a yes: %+v", got)
	}
	p.run("", "call", "remove_folder", "--arg", "id=ä b", "--yes")
	if got := s.call("list_folders", "{}"); strings.Contains(got.text(), "ä b") {
		t.Errorf("the folder is still there: %+v", got)
	}
	// A key that the server refuses.
	p.run("not-the-key-at-all", "login", "syncthing", "--with-token")
	if got := s.call("ping", "{}"); !got.IsError || strings.Contains(got.text(), "not-the-key-at-all") {
		t.Errorf("with a wrong key: %+v", got)
	}
	if out := p.inspect("--method", "tools/list"); !strings.Contains(out, `"folder_status"`) {
		t.Errorf("the Inspector lists %s", out)
	}
}

// TestPrometheus calls a real Prometheus behind basic authentication and a
// certificate of a private CA.
func TestPrometheus(t *testing.T) {
	prometheus := need(t, "prometheus")
	addr, dir := freePort(t), t.TempDir()
	const password = "prometheus-canary-0815"
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	ca := certificates(t, dir)
	files := map[string]string{
		"prometheus.yml": "scrape_configs:\n  - job_name: nothing\n    static_configs:\n      - targets: []\n",
		"web.yml":        fmt.Sprintf("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\nbasic_auth_users: {ada: %q}\n", hash),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	background(t, nil, prometheus, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--web.config.file="+filepath.Join(dir, "web.yml"),
		"--web.listen-address="+addr, "--storage.tsdb.path="+filepath.Join(dir, "data"))
	waitFor(t, addr)

	p := newPerson(t)
	_, port, _ := net.SplitHostPort(addr)
	p.write(".mcp-bridge/profiles/prometheus.toml", example(t, "prometheus.toml", "https://localhost:9090", "https://localhost:"+port))
	p.run("", "use", "prometheus")
	p.run("ada:"+password, "login", "--with-token")

	// Without the CA nothing is sent.
	s := p.typescript()
	p.write(".mcp-bridge/profiles/prometheus-ca.pem", otherCA(t))
	if got := s.call("build_info", "{}"); !got.IsError || !strings.Contains(got.text(), "localhost") {
		t.Fatalf("with another CA: %+v", got)
	}
	p.write(".mcp-bridge/profiles/prometheus-ca.pem", ca)
	s = p.typescript()
	if got := s.call("build_info", "{}"); got.IsError || !strings.Contains(got.text(), `"version"`) {
		t.Fatalf("build_info: %+v", got)
	}
	if got := s.call("query", `{"query":"vector(1) + 41"}`); strings.TrimSpace(got.text()) != "vector\n{} = 42" {
		t.Errorf("query: %q", got.text())
	}
	if got := s.call("query_range", `{"query":"vector(7)","start":"1700000000","end":1700000060}`); got.IsError || !strings.Contains(got.text(), `"7"`) {
		t.Errorf("query_range: %+v", got)
	}
	if got := s.call("query", `{"query":"this is no PromQL ((("}`); !got.IsError || !strings.Contains(got.text(), "400") {
		t.Errorf("a bad query: %+v", got)
	}
	if got := s.call("targets", `{"state":"all"}`); !got.IsError || !strings.Contains(got.text(), "active") {
		t.Errorf("outside of the enum: %+v", got)
	}
	if out := p.inspect("--method", "tools/call", "--tool-name", "query", "--tool-arg", "query=vector(3)"); !strings.Contains(out, "{} = 3") {
		t.Errorf("the Inspector got %s", out)
	}
}

// certificates writes a CA and a certificate of it for localhost, and returns the CA.
func certificates(t *testing.T, dir string) string {
	t.Helper()
	caKey, ca := authority(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "EC PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}))
}

func authority(t *testing.T) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, ca
}

func otherCA(t *testing.T) string {
	t.Helper()
	_, ca := authority(t)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}))
}
