// SPDX-License-Identifier: MIT
/*
 * filter.c - what guests may send, told to the kernel through libnftables
 *
 * The library is the GPL's (version 2): a vifctl with it may be passed on under
 * that licence only.  meson's -Dnftables=disabled builds without.
 */
#include "xen/filter.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <string.h>

#include "xen/nl.h"
#include "xen/step.h"

static const char missing[] =
    "this kernel cannot filter on bridges: nf_tables is missing "
    "(CONFIG_NF_TABLES_BRIDGE); --filter none goes without";

static bool fail(GError **err, const char *why)
{
    g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_FAILED, "filter: %s", why);
    return false;
}

/* Ask nf_tables something simple, before libnftables does: that ends the
 * process, or prints, where there is no answer.  0 or an errno, EOPNOTSUPP
 * where there is no nf_tables */
static int probe(void)
{
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
    int why;

    nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
    nfg->version = NFNETLINK_V0;
    if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
        why = errno;
    } else {
        why = nl_get(nl, nlh, NULL, NULL);
    }
    nl_close(nl);
    return why == EPROTONOSUPPORT || why == EINVAL ? EOPNOTSUPP : why;
}

bool filter_ready(GError **err)
{
    int why = probe();

    return !why || fail(err, why == EPERM        ? "not permitted; it needs "
                                                   "CAP_NET_ADMIN"
                             : why == EOPNOTSUPP ? missing
                                                 : g_strerror(why));
}

/* Run commands in JSON; @out, if not NULL, gets what they say, to be freed.
 * @absent: That something is not there is no error, and says nothing */
static bool run(const char *commands, char **out, bool absent, GError **err)
{
    struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
    const char *said;
    bool ok, none;

    if (!nft) {
        return fail(err, "cannot ask nftables");
    }
    nft_ctx_buffer_output(nft);
    nft_ctx_buffer_error(nft);
    nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON);
    ok = !nft_run_cmd_from_buffer(nft, commands);
    /* It tells its errors as text only */
    said = nft_ctx_get_error_buffer(nft);
    none = !ok && strstr(said, g_strerror(ENOENT));
    if (ok && out) {
        *out = g_strdup(nft_ctx_get_output_buffer(nft));
    }
    if (none && absent) {
        ok = true;
    } else if (!ok) {
        char *line = g_strndup(said, strcspn(said, "\n"));

        /* What is not there is the hook of bridges */
        fail(err,
             none || strstr(said, g_strerror(EOPNOTSUPP)) ? missing : line);
        g_free(line);
    }
    nft_ctx_free(nft);
    return ok;
}

static bool change(const char *commands, GError **err)
{
    int why = step();

    if (why) {
        g_set_error(err, G_FILE_ERROR, (int)g_file_error_from_errno(why),
                    "filter: %s", g_strerror(why));
        return false;
    }
    return run(commands, NULL, false, err);
}

struct filter_list *filter_list_now(GError **err)
{
    static const char list[] =
        "{\"nftables\": [{\"list\": {\"table\": {\"family\": \"bridge\", "
        "\"name\": \"" FILTER_TABLE "\"}}}]}";
    struct filter_list *l = NULL;
    char *out = NULL;
    int why = probe();

    if (why == EOPNOTSUPP) {
        return filter_list_read(NULL);
    }
    if (filter_ready(err) && run(list, &out, true, err)) {
        l = filter_list_read(out);
    }
    g_free(out);
    return l;
}

bool filter_install(const GPtrArray *all, GError **err)
{
    struct filter_list *l = all->len ? filter_list_now(err) : NULL;
    char *commands = l ? filter_commands(l, all) : NULL;
    bool ok = !all->len || (commands && change(commands, err));

    filter_list_free(l);
    g_free(commands);
    return ok;
}

bool filter_remove(const GPtrArray *names, GError **err)
{
    struct filter_list *l = filter_list_now(err);
    char *commands = l ? filter_removal(l, names) : NULL;
    bool ok = l && (!commands || change(commands, err));

    filter_list_free(l);
    g_free(commands);
    return ok;
}
