package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// ParameterTypes returns the types of those of some parameters of Parameter Store that the region has, by the names that were asked for. It
// asks for no value. A slash before a name that has no other is no part of it.
func (a *Account) ParameterTypes(ctx context.Context, names []string) (map[string]string, error) {
	found := map[string]string{}
	pages := ssm.NewDescribeParametersPaginator(a.SSM, &ssm.DescribeParametersInput{
		ParameterFilters: []ssmtypes.ParameterStringFilter{{Key: aws.String("Name"), Option: aws.String("Equals"), Values: names}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe parameters: %w", err)
		}
		for _, p := range page.Parameters {
			for _, name := range names {
				if strings.TrimPrefix(name, "/") == strings.TrimPrefix(aws.ToString(p.Name), "/") {
					found[name] = string(p.Type)
				}
			}
		}
	}
	return found, nil
}
