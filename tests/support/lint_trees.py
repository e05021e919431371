"""Policy trees that are right, by what they are for. Lint has nothing to say of them."""

from collections.abc import Callable, Mapping

from support import lint_trees_default, lint_trees_own_models

TREES: Mapping[str, Callable[[], Mapping[str, bytes]]] = {
    "a product with tenants": lint_trees_default.saas_tenants,
    "a hospital": lint_trees_default.hospital,
    "a REST gateway": lint_trees_own_models.rest_api,
    "shared documents": lint_trees_default.shared_documents,
    "build pipelines": lint_trees_own_models.build_pipelines,
    "a bank": lint_trees_default.bank,
    "attributes": lint_trees_default.attributes,
    "bare names of stock Casbin": lint_trees_own_models.stock_names,
    "factory sites": lint_trees_own_models.factory_sites,
    "a university": lint_trees_default.university,
    "storage with priorities": lint_trees_own_models.storage_buckets,
    "paths with named parts": lint_trees_own_models.path_patterns,
    "objects with attributes": lint_trees_own_models.objects_with_attributes,
}
