package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// answerTime bounds the wait for one answer of the server.
const answerTime = 60 * time.Second

// Client is a small MCP client that starts a server as desktop clients do: over
// stdio, with little environment. It makes one request at a time.
type Client struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan []byte
	next  int
}

// Content is one item of a tool's result.
type Content struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	MIMEType string `json:"mimeType"`
	Data     []byte `json:"data"`
}

// Result is a tool's result.
type Result struct {
	Content []Content `json:"content"`
	IsError bool      `json:"isError"`
}

// ListedTool is one tool as tools/list shows it.
type ListedTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	InputSchema json.RawMessage `json:"inputSchema"`
	Annotations struct {
		ReadOnly bool `json:"readOnlyHint"`
	} `json:"annotations"`
}

// Connect starts the server and shakes hands. stderr gets what it says there.
func Connect(ctx context.Context, path string, args, env []string, stderr io.Writer) (*Client, string, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.Stderr = env, stderr
	cmd.WaitDelay = 5 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("start the server: %w", err)
	}
	c := &Client{cmd: cmd, in: in, lines: make(chan []byte)}
	go c.read(ctx, out)
	var hello struct {
		ProtocolVersion string `json:"protocolVersion"`
	}
	err = c.request(ctx, "initialize", map[string]any{"protocolVersion": "2025-11-25", "capabilities": map[string]any{},
		"clientInfo": map[string]string{"name": "mcp-bridge demo", "version": "1"}}, &hello)
	if err == nil {
		err = c.write(map[string]any{"jsonrpc": "2.0", "method": "notifications/initialized"})
	}
	if err != nil {
		return nil, "", errors.Join(err, c.Close())
	}
	return c, hello.ProtocolVersion, nil
}

func (c *Client) read(ctx context.Context, out io.Reader) {
	defer close(c.lines)
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			select {
			case c.lines <- line:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (c *Client) write(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = c.in.Write(append(data, '\n'))
	return err
}

// request sends one request and waits for its answer.
func (c *Client) request(ctx context.Context, method string, params, into any) error {
	c.next++
	if err := c.write(map[string]any{"jsonrpc": "2.0", "id": c.next, "method": method, "params": params}); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", method, ctx.Err())
		case line, ok := <-c.lines:
			if !ok {
				return fmt.Errorf("%s: the server ended", method)
			}
			var m struct {
				ID     json.RawMessage `json:"id"`
				Result json.RawMessage `json:"result"`
				Error  *struct {
					Message string `json:"message"`
				} `json:"error"`
			}
			if err := json.Unmarshal(line, &m); err != nil {
				return fmt.Errorf("%s: the server wrote a line that is no JSON: %s", method, strings.TrimSpace(string(line)))
			}
			if string(m.ID) != strconv.Itoa(c.next) {
				continue // a notification
			}
			if m.Error != nil {
				return fmt.Errorf("%s: %s", method, m.Error.Message)
			}
			return json.Unmarshal(m.Result, into)
		}
	}
}

// Tools lists the server's tools.
func (c *Client) Tools(ctx context.Context) ([]ListedTool, error) {
	var list struct {
		Tools []ListedTool `json:"tools"`
	}
	return list.Tools, c.request(ctx, "tools/list", map[string]any{}, &list)
}

// Call calls a tool. A tool that fails gives a Result with IsError.
func (c *Client) Call(ctx context.Context, name string, arguments json.RawMessage) (Result, error) {
	var r Result
	return r, c.request(ctx, "tools/call", map[string]any{"name": name, "arguments": arguments}, &r)
}

// Close ends the server as clients do, by closing its input, and waits for it.
func (c *Client) Close() error {
	_ = c.in.Close()
	for range c.lines { // what it still says
	}
	return c.cmd.Wait()
}
