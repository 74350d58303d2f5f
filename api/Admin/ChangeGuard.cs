using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;

namespace Orrery.Api.Admin;

/// <summary>
/// Who may change something. Whatever changes anything is kept from web pages; what administers, or takes others' work away, also from whoever
/// brings no token and may be a stranger.
/// </summary>
/// <param name="admin">The token and the hosts.</param>
/// <param name="key">What Pinecone's callers bring; null where nobody set one.</param>
internal sealed class ChangeGuard(AdminOptions admin, string? key = null)
{
    /// <summary>Pinecone's header of keys.</summary>
    public const string KeyHeader = "Api-Key";

    private readonly Secret? _token = admin.Token is { } token ? new Secret(token) : null;
    private readonly Secret? _key = key is null ? null : new Secret(key);
    private readonly AllowedHosts _hosts = new(admin);

    /// <summary>Why a request may not change anything; null when it may.</summary>
    public ApiError? Change(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            if (Caller.IsForeignPage(request))
                return Forbidden("this changes something, and pages of other origins may not: the headers Origin and Sec-Fetch-Site say that one asks");
            if (Caller.IsForm(request))
            {
                return new(
                    ErrorCause.MediaType, $"this changes something, and is not taken as '{request.ContentType}', which a page's form can send: use Content-Type: application/json",
                    Status: StatusCodes.Status415UnsupportedMediaType);
            }
        }

        return BringsSecret(context) || _hosts.Has(context)
            ? null
            : Forbidden($"this changes something, and is addressed to the host '{request.Host.Host}', which is not one of Server:AllowedHosts");
    }

    /// <summary>Why a request may not administer; null when it may.</summary>
    public ApiError? Administer(HttpContext context)
    {
        if (Change(context) is { } error)
            return error;
        if (_token is null)
        {
            return IsOwnMachine(context) ? null : Forbidden(
                "this route is for callers on the server's own machine, and not through a proxy; set Admin:Token (ADMIN_TOKEN) to use it otherwise, or where the server listens on more than the loopback");
        }

        if (_token.IsBearerIn(context.Request.Headers.Authorization))
            return null;
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"orrery\"";
        return new ApiError(ErrorCause.Unauthorized, "this route needs the header 'Authorization: Bearer TOKEN' with the token of Admin:Token (ADMIN_TOKEN)", Status: StatusCodes.Status401Unauthorized);
    }

    /// <summary>Why a request may not remove or configure an index or a namespace, or remove all records of one; null when it may.</summary>
    public ApiError? Own(HttpContext context) =>
        Change(context) ?? (BringsSecret(context) || (_key is null && IsOwnMachine(context)) ? null : Forbidden(
            "removing and configuring indexes and namespaces, and removing all records of one, is for callers on the server's own machine, and not through a proxy; set Api:PineconeKey (PINECONE_KEY) to do it otherwise, or where the server listens on more than the loopback"));

    /// <summary>Whether it brings the key of Pinecone's routes, as its header or as a bearer.</summary>
    public bool BringsKey(HttpContext context) =>
        _key is not null && (_key.IsIn(context.Request.Headers[KeyHeader]) || _key.IsBearerIn(context.Request.Headers.Authorization));

    private bool BringsSecret(HttpContext context) => BringsKey(context) || (_token?.IsBearerIn(context.Request.Headers.Authorization) ?? false);

    private bool IsOwnMachine(HttpContext context) => admin.OnLoopback && Caller.IsNeighbour(context);

    private static ApiError Forbidden(string message) => new(ErrorCause.Forbidden, message, Status: StatusCodes.Status403Forbidden);
}
