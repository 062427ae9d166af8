// check_log reads a log that somebody serves as C2SP tlog-tiles and verifies it with nothing but Go's own checksum
// database code (golang.org/x/mod/sumdb: note, tlog) and the log's public key: the checkpoint's signature, that every
// record is included, and that the log of an older checkpoint is a prefix of it.
//
//	check_log -url https://127.0.0.1:8443/log -vkey KEY -ca ca.crt [-token FILE] [-older FILE] [-save FILE]
//
// It prints "included N" and, with an older checkpoint, "consistent M N". Exit code 1 for anything that does not hold.
// Nothing of Sallyport is used here, and nothing is taken on trust: tiles are verified against the checkpoint as they are
// read, and before anything is accepted it is tried with one bit changed.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight    = 8
	tileWidth     = 1 << tileHeight
	bodyBytesMax  = tileWidth * (2 + 65535)
	secondsToWait = 30
)

// A server of one log.
type server struct {
	url    string
	token  string
	client *http.Client
}

func (s *server) get(path, contentType string) ([]byte, error) {
	request, err := http.NewRequest("GET", s.url+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyBytesMax+1))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %s", path, response.Status, body)
	}
	if len(body) > bodyBytesMax {
		return nil, fmt.Errorf("%s: longer than %d bytes", path, bodyBytesMax)
	}
	if got := response.Header.Get("Content-Type"); got != contentType {
		return nil, fmt.Errorf("%s: Content-Type %q, expected %q", path, got, contentType)
	}
	return body, nil
}

// The index of a tile as a path, and its width where it is not full: "x001/234" and "x001/234.p/17".
func indexPath(n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width != tileWidth {
		path += fmt.Sprintf(".p/%d", width)
	}
	return path
}

// tiles is a tlog.TileReader. C2SP leaves the height out of the paths that tlog.Tile.Path writes.
type tiles struct {
	server *server
	known  map[tlog.Tile][]byte
}

func (t *tiles) Height() int { return tileHeight }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range wanted {
		if tile.H != tileHeight || tile.L < 0 {
			return nil, fmt.Errorf("no such tile: %+v", tile)
		}
		data, ok := t.known[tile]
		if !ok {
			var err error
			path := fmt.Sprintf("tile/%d/%s", tile.L, indexPath(tile.N, tile.W))
			if data, err = t.server.get(path, "application/octet-stream"); err != nil {
				return nil, err
			}
		}
		out = append(out, data)
	}
	return out, nil
}

// SaveTiles is told of tiles once they are verified.
func (t *tiles) SaveTiles(verified []tlog.Tile, data [][]byte) {
	for i, tile := range verified {
		t.known[tile] = data[i]
	}
}

// The records of one entry bundle.
func parseBundle(bundle []byte, width int) ([][]byte, error) {
	var entries [][]byte
	for len(bundle) > 0 {
		if len(bundle) < 2 {
			return nil, errors.New("a length is cut off")
		}
		size := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+size {
			return nil, errors.New("an entry is cut off")
		}
		entries = append(entries, bundle[2:2+size])
		bundle = bundle[2+size:]
	}
	if len(entries) != width {
		return nil, fmt.Errorf("%d entries, expected %d", len(entries), width)
	}
	return entries, nil
}

// openCheckpoint verifies a signed checkpoint: the tree and the text that was signed.
func openCheckpoint(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s: %q", verifier.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("malformed size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func checkRecord(proof tlog.RecordProof, tree tlog.Tree, index int64, leaf []byte) error {
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf)); err != nil {
		return fmt.Errorf("record %d: %w", index, err)
	}
	changed := append([]byte(nil), leaf...)
	if len(changed) == 0 {
		changed = []byte{0}
	} else {
		changed[len(changed)/2] ^= 1
	}
	if tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(changed)) == nil {
		return fmt.Errorf("record %d: another record is accepted as well", index)
	}
	return nil
}

func checkRecords(s *server, tree tlog.Tree, hashes tlog.HashReader) error {
	for first := int64(0); first < tree.N; first += tileWidth {
		width := tileWidth
		if left := tree.N - first; left < tileWidth {
			width = int(left)
		}
		path := "tile/entries/" + indexPath(first/tileWidth, width)
		bundle, err := s.get(path, "application/octet-stream")
		if err != nil {
			return err
		}
		entries, err := parseBundle(bundle, width)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for i, leaf := range entries {
			index := first + int64(i)
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			if err != nil {
				return err
			}
			if err := checkRecord(proof, tree, index, leaf); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkConsistency(older, tree tlog.Tree, hashes tlog.HashReader) error {
	proof, err := tlog.ProveTree(tree.N, older.N, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash); err != nil {
		return err
	}
	older.Hash[0] ^= 1
	if tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash) == nil {
		return errors.New("another older log is accepted as well")
	}
	return nil
}

func newClient(caFile string) (*http.Client, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: holds no certificate", caFile)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	return &http.Client{Transport: transport, Timeout: secondsToWait * time.Second}, nil
}

func readLine(file string) (string, error) {
	text, err := os.ReadFile(file)
	return strings.TrimSpace(string(text)), err
}

func run() error {
	url := flag.String("url", "", "the log's URL, without a slash at its end")
	vkeyFile := flag.String("vkey", "", "file with the log's public key")
	caFile := flag.String("ca", "", "file with the authority of the server's certificate")
	tokenFile := flag.String("token", "", "file with a bearer token")
	olderFile := flag.String("older", "", "an older checkpoint to be consistent with")
	saveFile := flag.String("save", "", "where to write the checkpoint that was verified")
	flag.Parse()

	vkey, err := readLine(*vkeyFile)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	s := &server{url: *url}
	if s.client, err = newClient(*caFile); err != nil {
		return err
	}
	if *tokenFile != "" {
		if s.token, err = readLine(*tokenFile); err != nil {
			return err
		}
	}
	signed, err := s.get("checkpoint", "text/plain; charset=utf-8")
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(signed, verifier)
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tree, &tiles{server: s, known: map[tlog.Tile][]byte{}})
	if err := checkRecords(s, tree, hashes); err != nil {
		return err
	}
	fmt.Printf("included %d\n", tree.N)
	if *olderFile != "" {
		text, err := os.ReadFile(*olderFile)
		if err != nil {
			return err
		}
		older, err := openCheckpoint(text, verifier)
		if err != nil {
			return err
		}
		if err := checkConsistency(older, tree, hashes); err != nil {
			return err
		}
		fmt.Printf("consistent %d %d\n", older.N, tree.N)
	}
	if *saveFile != "" {
		return os.WriteFile(*saveFile, signed, 0o644)
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "check_log:", err)
		os.Exit(1)
	}
}
