// Verifies access tokens of the auth service, with org.bitbucket.b_c:jose4j and Java 17 or newer.
import java.util.List;
import java.util.Scanner;
import org.jose4j.http.Get;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwk.HttpsJwks;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.consumer.ErrorCodeValidator;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.jwt.consumer.JwtContext;
import org.jose4j.jwt.consumer.Validator;
import org.jose4j.keys.resolvers.HttpsJwksVerificationKeyResolver;

/** Create one per process: it caches the keys. Pass AUTH_PUBLIC_URL and AUTH_AUDIENCE of the auth service. */
public final class VerifyToken {
  private static final List<String> CLAIMS =
      List.of("iss", "aud", "sub", "exp", "iat", "jti", "sid", "roles", "amr", "auth_time");
  private final JwtConsumer consumer;

  public VerifyToken(String issuer, String audience) {
    var http = new Get();
    http.setConnectTimeout(5_000);
    http.setReadTimeout(5_000);
    http.setRetries(0);
    // Keys are cached for ten minutes. An unknown key is fetched, but at most once a minute.
    var keys = new HttpsJwks(issuer + "/.well-known/jwks.json");
    keys.setSimpleHttpGet(http);
    keys.setDefaultCacheDuration(600);
    keys.setRefreshReprieveThreshold(60_000);
    consumer =
        new JwtConsumerBuilder()
            .setVerificationKeyResolver(new HttpsJwksVerificationKeyResolver(keys))
            .setJwsAlgorithmConstraints(AlgorithmConstraints.ConstraintType.PERMIT, "EdDSA") // not what the token says
            .setExpectedType(true, "at+jwt")
            .setExpectedIssuer(issuer)
            .setExpectedAudience(audience)
            .setAllowedClockSkewInSeconds(5) // by which clocks may differ
            .registerValidator((Validator) VerifyToken::missing)
            .build();
  }

  private static String missing(JwtContext context) {
    var missing = CLAIMS.stream().filter(name -> !context.getJwtClaims().hasClaim(name)).findFirst();
    return missing.map(name -> name + " is missing").orElse(null);
  }

  /** Its claims. */
  public JwtClaims verify(String token) throws InvalidJwtException {
    return consumer.processToClaims(token);
  }

  /** Whether the token is invalid: answer 401. Otherwise the keys could not be fetched: answer 503. */
  public static boolean isRefusal(InvalidJwtException error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof java.io.IOException) return false;
    }
    return true;
  }

  /** VerifyToken ISSUER AUDIENCE: for each line of input, a token, its claims or why there are none. */
  public static void main(String[] arguments) {
    var tokens = new VerifyToken(arguments[0], arguments[1]);
    var lines = new Scanner(System.in);
    while (lines.hasNextLine()) {
      try {
        System.out.println(tokens.verify(lines.nextLine()).toJson());
      } catch (InvalidJwtException error) {
        // Only its codes (org.jose4j.jwt.consumer.ErrorCodes), because its message contains the token.
        var codes = error.getErrorDetails().stream().map(ErrorCodeValidator.Error::getErrorCode).toList();
        System.out.println((isRefusal(error) ? "401 " : "503 ") + codes);
      }
    }
  }
}
