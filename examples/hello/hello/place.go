package hello

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// Place is where an instance of the service runs.
type Place struct {
	Region   string `json:"region"`
	Zone     string `json:"zone"`
	Instance string `json:"instance"`
	Address  string `json:"address"`
}

const (
	askTimeout = time.Second     // for one question to the metadata service
	giveUp     = 3 * time.Second // for all of them
)

// learn asks the instance metadata service, version 2, until it answers or giveUp has passed. What place
// already says is kept.
func learn(ctx context.Context, base string, place Place) (Place, error) {
	ctx, cancel := context.WithTimeout(ctx, giveUp)
	defer cancel()
	client := &http.Client{Timeout: askTimeout, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	for {
		learnt, err := askAll(ctx, client, base, place)
		if err == nil {
			return learnt, nil
		}
		select {
		case <-ctx.Done():
			return place, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func askAll(ctx context.Context, client *http.Client, base string, place Place) (Place, error) {
	token, err := ask(ctx, client, http.MethodPut, base+"/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "60")
	if err != nil {
		return place, err
	}
	for path, field := range map[string]*string{
		"placement/region": &place.Region, "placement/availability-zone": &place.Zone,
		"instance-id": &place.Instance, "local-ipv4": &place.Address,
	} {
		if *field != "" {
			continue
		}
		if *field, err = ask(ctx, client, http.MethodGet, base+"/latest/meta-data/"+path, "X-aws-ec2-metadata-token", token); err != nil {
			return place, err
		}
	}
	return place, nil
}

func ask(ctx context.Context, client *http.Client, method, url, header, value string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set(header, value)
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s %s: %s", method, url, response.Status)
	}
	return strings.TrimSpace(string(body)), nil
}

// orElse fills in what could not be learnt: the host's name, and the address listened on.
func (p Place) orElse(addr net.Addr) Place {
	for _, field := range []*string{&p.Region, &p.Zone} {
		if *field == "" {
			*field = "unknown"
		}
	}
	if p.Instance == "" {
		p.Instance, _ = os.Hostname()
	}
	if p.Address == "" {
		p.Address, _, _ = net.SplitHostPort(addr.String())
	}
	return p
}
